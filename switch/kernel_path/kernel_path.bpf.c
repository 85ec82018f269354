// SPDX-License-Identifier: Apache-2.0
// kernel_path.bpf.c: the two programs at the near end of a port on the kernel path.
//
// Theory of operation: a packet socket hears a frame before the tc hook does. So the decision is
// made by the filter of the port's own packet socket: a frame that goes by the path is none of the
// socket's; every other is, and goes to the worker. The program at the tc hook, which sees each
// frame a moment later on the same processor, does what was decided, and counts what was left to
// the socket. There is one decision, so that no frame is both forwarded and heard, or neither,
// whatever changes in between. Without the socket nothing is decided: a daemon that was killed
// leaves nothing behind that forwards.
#include "switch/kernel_path/path_order.h"

#define TC_ACT_UNSPEC (-1)

SEC("socket")
int path_hear(struct __sk_buff* skb) {
  const int all_of_it = -1;
  struct path_verdict verdict = {};
  const enum path_fate fate = path_decide(skb, &verdict);
  if (fate == path_fate_unknown) {
    return all_of_it;
  }
  skb->cb[0] = path_secret[0];
  skb->cb[1] = path_secret[1];
  skb->cb[2] = verdict.target;
  skb->cb[3] = verdict.tag;
  skb->cb[4] = verdict.steps;
  return fate == path_fate_left ? all_of_it : 0;
}

SEC("tc")
int path_do(struct __sk_buff* skb) {
  if (skb->cb[0] != path_secret[0] || skb->cb[1] != path_secret[1]) {
    return TC_ACT_UNSPEC;
  }
  const struct path_verdict verdict = {
      .target = skb->cb[2], .tag = skb->cb[3], .steps = skb->cb[4]};
  // It is done once.
  skb->cb[0] = 0;
  skb->cb[1] = 0;
  if (verdict.steps & path_waits) {
    path_note_queued(verdict.target);
    return TC_ACT_UNSPEC;
  }
  return path_act(skb, &verdict);
}

char path_license[] SEC("license") = "GPL";
