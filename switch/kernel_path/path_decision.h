// SPDX-License-Identifier: Apache-2.0
// path_decision.h: decides, in the kernel, where a frame of known unicast goes. It is
// forwarding/decide.hpp once more, as far as that is sure of the answer.
//
// Theory of operation: whatever is not plainly to be forwarded is left to the workers: nothing is
// dropped here, and nothing learned. So a frame either gets the fate and the bytes that decide()
// and the walk give it, or is theirs. The tests run the golden table of the forwarding rule and
// random cases against both.
// Limits: a frame longer than a worker could take is left to it.
#ifndef TAPSWITCH_PATH_DECISION_H
#define TAPSWITCH_PATH_DECISION_H

#include <linux/bpf.h>
// The order is that of the library.
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "switch/kernel_path/path_words.h"

#define PATH_HEADER 14
#define PATH_TAG 4
#define PATH_LONGEST 65554
#define PATH_NANOSECONDS 1000000000ULL

enum path_ether_types {
  path_ipv4 = 0x0800,
  path_ipv6 = 0x86dd,
  path_customer_tag = 0x8100,
  path_service_tag = 0x88a8,
};

// A map of frames' keys grows as it is used; what is not used takes no memory.
#define PATH_MAP(name, kind, key_type, value_type, entries, options) \
  struct {                                                           \
    __uint(type, kind);                                              \
    __uint(max_entries, entries);                                    \
    __uint(map_flags, options);                                      \
    __type(key, key_type);                                           \
    __type(value, value_type);                                       \
  } name SEC(".maps")

PATH_MAP(path_ingress, BPF_MAP_TYPE_HASH, __u32, struct path_port, path_most_ports,
         BPF_F_NO_PREALLOC);
PATH_MAP(path_egress, BPF_MAP_TYPE_HASH, struct path_place, struct path_port, path_most_ports,
         BPF_F_NO_PREALLOC);
PATH_MAP(path_switches, BPF_MAP_TYPE_ARRAY, __u32, struct path_switch, path_most_switches, 0);
PATH_MAP(path_stations, BPF_MAP_TYPE_HASH, struct path_station, struct path_known,
         path_most_stations, BPF_F_NO_PREALLOC);
PATH_MAP(path_counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct path_port_counters,
         path_most_ports, 0);
PATH_MAP(path_vlans, BPF_MAP_TYPE_PERCPU_HASH, struct path_vlan, struct path_vlan_counters,
         path_most_vlans, BPF_F_NO_PREALLOC);

// The loader writes it before the programs run.
const volatile __u32 path_secret[2] SEC(".rodata.secret") = {0, 0};

// What is known of a frame on its way to a decision.
struct path_frame {
  __u64 now;  // when it came, in nanoseconds
  const struct path_port* ingress;
  const struct path_port* egress;
  __u32 size;  // as it came in, with its tag
  __u16 ether_type;
  __u16 tag_type;     // of the tag with which it leaves where its VLAN is tagged
  __u16 tag_control;  // of the same
  __u16 vid;
  __u8 has_tag;     // which names its VLAN, or a priority alone
  __u8 is_unnamed;  // that tag, a priority alone
  struct path_station source;
  struct path_station destination;
};

static __always_inline int path_port_carries(const struct path_port* port, __u32 vid) {
  return vid == port->pvid || (port->vlans[(vid >> 6) & (path_vlan_words - 1)] >> (vid & 63) & 1);
}

// Whether the frame is one, to a single station from a single one, and its port is on the path.
static __always_inline int path_begin(struct __sk_buff* skb, struct path_frame* frame) {
  __u32 ifindex = skb->ifindex;
  __u8 header[PATH_HEADER];
  frame->now = bpf_ktime_get_ns();
  frame->ingress = bpf_map_lookup_elem(&path_ingress, &ifindex);
  if (!frame->ingress || skb->len > PATH_LONGEST ||
      bpf_skb_load_bytes(skb, 0, header, sizeof header) != 0) {
    return 0;
  }
  __builtin_memcpy(frame->destination.mac, header, 6);
  __builtin_memcpy(frame->source.mac, header + 6, 6);
  frame->ether_type = (__u16)(header[12] << 8 | header[13]);
  frame->size = skb->len + (skb->vlan_present ? PATH_TAG : 0);
  // A destination of zeros is unknown. So would a source of zeros be, but not everybody learns.
  const int is_group = (header[0] | header[6]) & 1;
  const int has_source = header[6] | header[7] | header[8] | header[9] | header[10] | header[11];
  return !is_group && has_source;
}

// Finds the VLAN [802.1Q 6.9.1, 8.6.2]. The kernel has taken the outermost tag of the standard off
// and tells it beside the frame.
static __always_inline int path_classify(struct __sk_buff* skb, struct path_frame* frame) {
  const struct path_port* port = frame->ingress;
  const int is_tagged = skb->vlan_present;
  const __u16 control = is_tagged ? (__u16)skb->vlan_tci : 0;
  const __u16 vid = control & 0xfff;
  if (!is_tagged &&
      (frame->ether_type == path_customer_tag || frame->ether_type == path_service_tag)) {
    return 0;
  }
  if (port->flags & (vid ? path_refuses_tagged : path_refuses_untagged)) {
    return 0;
  }
  frame->has_tag = 0;
  frame->tag_type = port->new_tag_type;
  frame->tag_control = port->pvid;
  frame->vid = port->pvid;
  if (port->flags & path_is_tunnel) {
    return 1;
  }
  if (!is_tagged) {
    return !port->vendor_type || frame->ether_type != port->vendor_type;
  }
  frame->has_tag = 1;
  frame->is_unnamed = vid == 0;
  frame->tag_type = bpf_ntohs((__u16)skb->vlan_proto);
  frame->vid = vid ? vid : port->pvid;
  frame->tag_control = (control & 0xf000) | frame->vid;
  return vid != 0xfff && path_port_carries(port, frame->vid);
}

static __always_inline int path_is_silent(const struct path_known* known, __u32 now, __u32 ageing) {
  return !known->is_fixed && (__s32)(now - known->heard) > (__s32)ageing;
}

// Whether the source is known where it is heard now, so that there is nothing to learn.
static __always_inline int path_knows_source(struct path_frame* frame, __u32 now, __u32 ageing) {
  if (!(frame->ingress->flags & path_learns)) {
    return 1;
  }
  struct path_known* known = bpf_map_lookup_elem(&path_stations, &frame->source);
  if (!known || known->index != frame->ingress->index || path_is_silent(known, now, ageing)) {
    return 0;
  }
  if (known->heard != now && !known->is_fixed) {
    known->heard = now;
  }
  return 1;
}

// Finds the port by which the destination is reached, and whether the frame may leave by it.
static __always_inline int path_find_egress(struct path_frame* frame, __u32 now, __u32 ageing) {
  const struct path_port* ingress = frame->ingress;
  const struct path_known* known = bpf_map_lookup_elem(&path_stations, &frame->destination);
  if (!known || path_is_silent(known, now, ageing)) {
    return 0;
  }
  const struct path_place place = {.switch_number = ingress->switch_number, .index = known->index};
  const struct path_port* egress = bpf_map_lookup_elem(&path_egress, &place);
  if (!egress || egress->generation != ingress->generation) {
    return 0;
  }
  frame->egress = egress;
  if (place.index == ingress->index) {
    return egress->flags & path_is_hairpin && path_port_carries(egress, frame->vid);
  }
  return !(egress->flags & ingress->flags & (path_is_isolated | path_has_split_horizon)) &&
         path_port_carries(egress, frame->vid);
}

// Returns the bytes of headers that each segment of a super-frame has; 0: not to be seen here.
static __always_inline __u32 path_header_size(struct __sk_buff* skb, __u16 ether_type) {
  __u32 transport = PATH_HEADER + 40;
  __u8 octet = 0;
  __u8 protocol = 0;
  if (ether_type == path_ipv4) {
    if (bpf_skb_load_bytes(skb, PATH_HEADER, &octet, 1) != 0 ||
        bpf_skb_load_bytes(skb, PATH_HEADER + 9, &protocol, 1) != 0) {
      return 0;
    }
    transport = PATH_HEADER + 4 * (octet & 0xf);
  } else if (ether_type != path_ipv6 ||
             bpf_skb_load_bytes(skb, PATH_HEADER + 6, &protocol, 1) != 0) {
    return 0;
  }
  if (protocol == 17) {
    return transport + 8;
  }
  if (protocol != 6 || bpf_skb_load_bytes(skb, transport + 12, &octet, 1) != 0) {
    return 0;
  }
  return transport + 4 * (octet >> 4);
}

// Whether the frame is no longer than leaves by its port; no tag counts against the MTU.
static __always_inline int path_fits(struct __sk_buff* skb, const struct path_frame* frame) {
  const __u32 most = PATH_HEADER + frame->egress->mtu;
  if (skb->len <= most) {
    return 1;
  }
  if (!skb->gso_size) {
    return 0;
  }
  const __u32 headers = path_header_size(skb, frame->ether_type);
  return headers && headers + skb->gso_size <= most;
}

// What is to be done with the tag, and how long the frame is then. Only tags of the standard's
// types can be put on by the kernel.
static __always_inline int path_edit(const struct path_frame* frame, struct path_verdict* verdict,
                                     __u32* size) {
  const int is_tagged = frame->vid != frame->egress->untagged_vid;
  const int is_new = is_tagged && (!frame->has_tag || frame->is_unnamed);
  verdict->steps = frame->egress->flags & path_is_far ? path_crosses : 0;
  verdict->tag = (__u32)frame->tag_type << 16 | frame->tag_control;
  if (frame->has_tag && (is_new || !is_tagged)) {
    verdict->steps |= path_pops;
  }
  if (is_new) {
    verdict->steps |= path_pushes;
  }
  *size = frame->size - (frame->has_tag ? PATH_TAG : 0) + (is_tagged ? PATH_TAG : 0);
  return *size >= frame->egress->least_size &&
         (!is_new || frame->tag_type == path_customer_tag || frame->tag_type == path_service_tag);
}

// False: there is no room to count the VLAN.
static __always_inline int path_count(const struct path_frame* frame, __u32 out_size) {
  const struct path_vlan vlan = {.switch_number = frame->ingress->switch_number, .vid = frame->vid};
  struct path_vlan_counters* of_vlan = bpf_map_lookup_elem(&path_vlans, &vlan);
  if (!of_vlan) {
    const struct path_vlan_counters none = {};
    bpf_map_update_elem(&path_vlans, &vlan, &none, BPF_NOEXIST);
    of_vlan = bpf_map_lookup_elem(&path_vlans, &vlan);
  }
  __u32 place = frame->ingress->counters;
  struct path_port_counters* in = bpf_map_lookup_elem(&path_counters, &place);
  place = frame->egress->counters;
  struct path_port_counters* out = bpf_map_lookup_elem(&path_counters, &place);
  if (!of_vlan || !in || !out) {
    return 0;
  }
  of_vlan->in_frames += 1;
  of_vlan->in_octets += frame->size;
  in->in_frames += 1;
  in->in_octets += frame->size;
  out->out_frames += 1;
  out->out_octets += out_size;
  return 1;
}

// Whether the frame could go by the path, and then, in 'verdict', how, and with which 'size'. In
// any case 'frame' says what is known of it; without a port at ingress, nothing.
static __always_inline int path_judge(struct __sk_buff* skb, struct path_frame* frame,
                                      struct path_verdict* verdict, __u32* size) {
  if (!path_begin(skb, frame)) {
    return 0;
  }
  __u32 number = frame->ingress->switch_number;
  const struct path_switch* home = bpf_map_lookup_elem(&path_switches, &number);
  if (!home || !home->generation || home->generation != frame->ingress->generation ||
      !path_classify(skb, frame)) {
    return 0;
  }
  frame->source.switch_number = frame->destination.switch_number = number;
  frame->source.vid = frame->destination.vid = frame->vid;
  const __u32 now = (__u32)(frame->now / PATH_NANOSECONDS);
  if (!path_knows_source(frame, now, home->ageing) || !path_find_egress(frame, now, home->ageing) ||
      !path_fits(skb, frame) || !path_edit(frame, verdict, size)) {
    return 0;
  }
  verdict->target = frame->egress->ifindex;
  return 1;
}

// Does what was decided. Returns what tc(8) is to do.
static __always_inline int path_act(struct __sk_buff* skb, const struct path_verdict* verdict) {
  if (verdict->steps & path_ends || (verdict->steps & path_pops && bpf_skb_vlan_pop(skb) != 0)) {
    return 2;  // TC_ACT_SHOT
  }
  if (verdict->steps & path_pushes &&
      bpf_skb_vlan_push(skb, bpf_htons((__u16)(verdict->tag >> 16)), (__u16)verdict->tag) != 0) {
    return 2;
  }
  return verdict->steps & path_crosses ? (int)bpf_redirect_peer(verdict->target, 0)
                                       : (int)bpf_redirect(verdict->target, 0);
}

#endif
