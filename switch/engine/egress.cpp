// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/egress.hpp"

#include "switch/frame/mtu.hpp"
#include "switch/frame/segmentation.hpp"

namespace tapswitch {

std::optional<DropReason> refuse_length(const FrameBuffer& frame, const PortView& port) {
  const std::size_t size = frame.bytes().size();
  if (exceeds_mtu(frame.layout(), wire_size(size, frame.layout(), frame.offload()), port.mtu())) {
    return DropReason::mtu_exceeded;
  }
  return frame.is_oversize() ? std::optional(DropReason::oversize) : std::nullopt;
}

Egress::Egress(const Picture& picture, std::size_t worker, FrameBuffer& frame, EgressTools& tools,
               const Classification& classification, AddressKind kind, bool may_be_held)
    : picture_(picture),
      worker_(worker),
      frame_(frame),
      tools_(tools),
      tag_(frame, classification),
      vid_(classification.tag.vid),
      kind_(kind),
      may_be_held_(may_be_held) {}

std::size_t Egress::send_by(PortIndex port) {
  const PortView& view = picture_.snapshot.port(port);
  const Picture::Slot& slot = picture_.slot(port);
  PortCounters& counters = slot.counters[worker_];
  if (view.sends_tagged(vid_)) {
    tag_.put_on();
  } else {
    tag_.take_off();
  }
  if (const auto reason = refuse_length(frame_, view)) {
    counters.out_frames[static_cast<std::size_t>(kind_)].add(1);
    counters.drop(*reason);
    return 1;
  }
  const Offload& offload = frame_.offload();
  if (!slot.offloads.accepts(offload)) {
    if (offload.gso != GsoKind::none) {
      return send_segments(slot, counters);
    }
    frame_.finish_checksum();
  }
  if (may_be_held_ && slot.offloads.takes_tcp()) {
    tools_.held.take(slot, counters, kind_, frame_);
  } else {
    tools_.held.release();
    transmit(slot, counters, kind_, frame_, tools_.to_flush);
  }
  return 1;
}

std::size_t Egress::send_segments(const Picture::Slot& slot, PortCounters& counters) {
  const std::optional<HeaderLayout> headers = frame_.layout().headers();
  if (!headers) {
    counters.drop(DropReason::offload_invalid);
    return 1;
  }
  tools_.held.release();
  std::size_t count = 0;
  Segmenter segments(frame_.bytes(), *headers, frame_.offload());
  while (segments.next(tools_.segment)) {
    transmit(slot, counters, kind_, tools_.segment, tools_.to_flush);
    ++count;
  }
  return count;
}

}  // namespace tapswitch
