// SPDX-License-Identifier: Apache-2.0
// path_words.h: the words in which the daemon and its programs in the kernel speak with each other:
// keys and values of maps. In C, for both sides read it.
//
// Limits: path_most_ports ports, of whatever switches, path_most_stations stations and
// path_most_vlans pairs of a switch and a VLAN; switches are numbered from 0 to
// path_most_switches - 1. Flows share path_flow_marks marks.
#ifndef TAPSWITCH_PATH_WORDS_H
#define TAPSWITCH_PATH_WORDS_H

#include <linux/types.h>

#include "switch/ports/ingress_ledger.h"

enum path_limits {
  path_most_ports = 8192,
  path_most_stations = 262144,
  path_most_vlans = 65536,
  path_most_switches = 4096,
  path_vlan_words = 64,  // of 64 bits, one for each VLAN
  path_flow_marks = 65536,
};

enum path_flags {
  path_learns = 1,
  path_is_isolated = 2,
  path_is_hairpin = 4,
  path_is_tunnel = 8,
  path_refuses_tagged = 16,
  path_refuses_untagged = 32,
  // The far end is in another namespace, and takes frames without a turn through the queue of the
  // near end.
  path_is_far = 64,
  path_has_split_horizon = 128,
};

// A port as the programs read it, written twice: by the index of its interface, for frames that
// come in there, and by its place, for those that leave. It counts only while its generation is
// that of its switch; one that is off the path has generation 0.
struct path_port {
  __u64 generation;
  __u32 ifindex;
  __u32 switch_number;
  __u32 index;       // in its switch
  __u32 counters;    // where its counters are, and its queue
  __u32 mtu;         // bytes of payload
  __u32 least_size;  // a shorter frame is filled up, by a worker
  __u32 flags;       // of path_flags
  __u32 unused;
  __u16 pvid;          // 0: none
  __u16 untagged_vid;  // 0: none
  __u16 new_tag_type;  // of the tag for frames that came without
  __u16 vendor_type;   // names VLANs here beside those of the standard; 0: none
  __u64 vlans[path_vlan_words];
};

// The place of a port: its switch, and its index there.
struct path_place {
  __u32 switch_number;
  __u32 index;
};

struct path_switch {
  __u64 generation;  // 0: all frames are left to the workers
  __u32 ageing;      // seconds
  __u32 unused;
};

struct path_station {
  __u32 switch_number;
  __u16 vid;
  __u8 mac[6];
};

struct path_known {
  __u32 index;     // of its port
  __u32 is_fixed;  // a static entry
  __u32 heard;     // the second in which it was, as CLOCK_MONOTONIC counts
  __u32 unused;
};

struct path_vlan {
  __u32 switch_number;
  __u32 vid;
};

struct path_port_counters {
  __u64 in_octets;
  __u64 in_frames;
  __u64 out_octets;
  __u64 out_frames;
};

struct path_vlan_counters {
  __u64 in_frames;
  __u64 in_octets;
};

// The frames of a port that are left to its socket. Times are nanoseconds of CLOCK_MONOTONIC.
struct path_queue {
  struct ingress_ledger ledger;
  __u64 since;       // frames from before were left without a mark
  __u64 last;        // when the last frame was left
  __u64 busy_since;  // since when there was always one that waited
  __u64 lost;        // frames that would have overtaken some
  __u64 unused;
};

// The steps that a frame takes on the path, in this order.
enum path_steps {
  path_pops = 1,     // its outermost tag comes off
  path_pushes = 2,   // another goes in front
  path_crosses = 4,  // to the far end itself
  path_waits = 8,    // none of them: it was left to the socket
  path_ends = 16,    // none of them: it is lost
};

// A frame that was decided carries this from one program to the other, in its control block: a
// secret word, for there may be anything in the block of a frame that was not decided.
struct path_verdict {
  __u32 secret[2];
  __u32 target;  // the interface by which it leaves; of one that waits, where its queue is
  __u32 tag;     // its type, then its control information
  __u32 steps;
};

#endif
