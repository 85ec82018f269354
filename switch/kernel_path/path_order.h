// SPDX-License-Identifier: Apache-2.0
// path_order.h: keeps the frames of a flow in order where some of them go by the path and others,
// before them, were left to the worker of their port.
//
// Theory of operation: a frame that is left leaves a mark with the time at its flow, which is its
// two addresses. The worker says until when all that was left to it has gone (ingress_ledger.h). A
// frame may go by the path if the mark of its flow is from before; else it is left too, and is in
// order behind the others. Flows share marks, by a hash that nobody knows: one that has another's
// mark waits now and then for nothing.
// A worker that has too much to do never comes to an end. Where a port's has not for
// PATH_MOST_BUSY, the frames of a flow that could go by the path are not left to it any more but
// lost, as they would be at a full socket, until what is before them has gone; or for PATH_PATIENCE
// at most, after which nothing is thought to wait any more. Now and then one is left all the same,
// lest a worker that has nothing to do is not heard of.
#ifndef TAPSWITCH_PATH_ORDER_H
#define TAPSWITCH_PATH_ORDER_H

#include "switch/kernel_path/path_decision.h"

#define PATH_MOST_BUSY 50000000ULL  // nanoseconds
#define PATH_MOST_SILENT 10000000ULL
#define PATH_PATIENCE 250000000ULL

PATH_MAP(path_queues, BPF_MAP_TYPE_ARRAY, __u32, struct path_queue, path_most_ports,
         BPF_F_MMAPABLE);
PATH_MAP(path_flows, BPF_MAP_TYPE_ARRAY, __u32, __u64, path_flow_marks, 0);

enum path_fate {
  path_fate_unknown,  // its port is none of ours
  path_fate_goes,
  path_fate_left,
  path_fate_lost,
};

// Returns the mark of the frame's flow.
static __always_inline __u64* path_mark_of(const struct path_frame* frame) {
  const __u8* source = frame->source.mac;
  const __u8* destination = frame->destination.mac;
  __u64 hash = (__u64)path_secret[0] << 32 | path_secret[1];
  for (int i = 0; i < 6; ++i) {
    hash = (hash ^ (__u32)(source[i] << 8 | destination[i])) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  __u32 place = (__u32)(hash >> 32) & (path_flow_marks - 1);
  return bpf_map_lookup_elem(&path_flows, &place);
}

// The frame is counted before it is marked: whoever finds the mark in the past has counted it.
static __always_inline void path_leave(struct path_queue* queue, __u64* mark, __u64 now) {
  if (queue->last <= queue->ledger.drained) {
    queue->busy_since = now;
  }
  __sync_fetch_and_add(&queue->ledger.left, 1);
  now = bpf_ktime_get_ns();
  queue->last = now;
  *mark = now;
}

// Says what becomes of a frame that could go by the path.
static __always_inline enum path_fate path_order(const struct path_queue* queue, __u64 mark,
                                                 __u64 now) {
  const __u64 before = mark > queue->since ? mark : queue->since;
  const __u64 drained = queue->ledger.drained;
  if (before <= drained || before + PATH_PATIENCE < now) {
    return path_fate_goes;
  }
  const __u64 idle = drained > queue->busy_since ? drained : queue->busy_since;
  const int is_busy =
      queue->last > drained && idle + PATH_MOST_BUSY < now && queue->last + PATH_MOST_SILENT > now;
  return is_busy ? path_fate_lost : path_fate_left;
}

// Says what becomes of a frame, and in 'verdict' what is to be done. One that goes is counted.
static __always_inline enum path_fate path_decide(struct __sk_buff* skb,
                                                  struct path_verdict* verdict) {
  struct path_frame frame = {};
  __u32 size = 0;
  const int could_go = path_judge(skb, &frame, verdict, &size);
  if (!frame.ingress) {
    return path_fate_unknown;
  }
  __u32 place = frame.ingress->counters;
  struct path_queue* queue = bpf_map_lookup_elem(&path_queues, &place);
  __u64* mark = path_mark_of(&frame);
  if (!queue || !mark) {
    return path_fate_unknown;
  }
  enum path_fate fate = could_go ? path_order(queue, *mark, frame.now) : path_fate_left;
  if (fate == path_fate_goes && !path_count(&frame, size)) {
    fate = path_fate_left;
  }
  if (fate == path_fate_left) {
    path_leave(queue, mark, frame.now);
    verdict->target = place;
    verdict->steps = path_waits;
  } else if (fate == path_fate_lost) {
    __sync_fetch_and_add(&queue->lost, 1);
    verdict->steps = path_ends;
  }
  return fate;
}

// A frame that was left is in the socket now, or there was no room.
static __always_inline void path_note_queued(__u32 place) {
  struct path_queue* queue = bpf_map_lookup_elem(&path_queues, &place);
  if (queue) {
    __sync_fetch_and_add(&queue->ledger.queued, 1);
  }
}

#endif
