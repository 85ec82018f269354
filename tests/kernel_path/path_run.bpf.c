// SPDX-License-Identifier: Apache-2.0
// path_run.bpf.c: the decision of the kernel path and what follows from it in one program, for
// BPF_PROG_TEST_RUN, which shows neither a tag beside a frame nor one program after the other.
#include "switch/kernel_path/path_decision.h"

enum path_run_fates { path_run_undecided = 100, path_run_no_frame = 101 };

// Takes the outermost tag aside, as the kernel does with what comes in.
static __always_inline int path_take_tag_aside(struct __sk_buff* skb) {
  __u8 octets[4];
  if (bpf_skb_load_bytes(skb, 12, octets, sizeof octets) != 0) {
    return 0;
  }
  const __u16 type = (__u16)(octets[0] << 8 | octets[1]);
  if (type != path_customer_tag && type != path_service_tag) {
    return 0;
  }
  if (skb->len < PATH_HEADER + PATH_TAG || bpf_skb_vlan_pop(skb) != 0) {
    return -1;
  }
  return bpf_skb_vlan_push(skb, bpf_htons(type), (__u16)(octets[2] << 8 | octets[3])) != 0;
}

SEC("tc")
int path_run(struct __sk_buff* skb) {
  struct path_verdict verdict = {};
  struct path_frame frame = {};
  __u32 size = 0;
  if (path_take_tag_aside(skb) != 0) {
    return path_run_no_frame;
  }
  if (!path_judge(skb, &frame, &verdict, &size) || !path_count(&frame, size)) {
    return path_run_undecided;
  }
  const int fate = path_act(skb, &verdict);
  // Another tag beside the frame moves the one that is there into it.
  if (skb->vlan_present && bpf_skb_vlan_push(skb, bpf_htons(path_customer_tag), 0) != 0) {
    return path_run_no_frame;
  }
  skb->cb[0] = verdict.target;
  return fate;
}

char path_license[] SEC("license") = "GPL";
