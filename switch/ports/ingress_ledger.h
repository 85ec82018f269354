// SPDX-License-Identifier: Apache-2.0
// ingress_ledger.h: what is told between a port that receives by a socket and programs in the
// kernel that leave only some frames to the socket. In C, for both sides read it.
//
// Theory of operation: a frame that is left to the socket is counted by a program before the socket
// has it, and by another afterwards. So when both counts agree and the socket is empty, every frame
// that was left to it until then has been taken; the port notes the moment as soon as all of them
// have gone their way. A frame of the same flow that does not go by the socket overtakes none if
// the last that did was left to it before that moment.
#ifndef TAPSWITCH_INGRESS_LEDGER_H
#define TAPSWITCH_INGRESS_LEDGER_H

#include <linux/types.h>

struct ingress_ledger {
  __u64 left;     // frames, as they are left to the socket
  __u64 queued;   // the same, when it has them or had no room
  __u64 drained;  // all that were left until this nanosecond of CLOCK_MONOTONIC have gone
};

#endif
