// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/egress.hpp"

#include <optional>

#include "switch/frame/mtu.hpp"
#include "switch/frame/segmentation.hpp"

namespace tapswitch {
namespace {

std::optional<DropReason> reason_of(SendStatus status) {
  switch (status) {
    case SendStatus::sent:
      return std::nullopt;
    case SendStatus::link_down:
      return DropReason::link_down;
    case SendStatus::busy:
      return DropReason::busy;
    case SendStatus::refused:
      return DropReason::kernel_refused;
    case SendStatus::gone:
      return DropReason::port_gone;
  }
  return DropReason::kernel_refused;
}

}  // namespace

Egress::Egress(const Picture& picture, std::size_t worker, Buffers& buffers,
               const Classification& classification, AddressKind kind)
    : picture_(picture),
      worker_(worker),
      frame_(buffers.frame),
      segment_(buffers.segment),
      tag_(buffers.frame, classification),
      vid_(classification.tag.vid),
      kind_(kind) {}

std::size_t Egress::send_by(PortIndex port) {
  const PortView& view = picture_.snapshot.port(port);
  const Picture::Slot& slot = picture_.slot(port);
  PortCounters& counters = slot.counters[worker_];
  if (view.sends_tagged(vid_)) {
    tag_.put_on();
  } else {
    tag_.take_off();
  }
  const Offload& offload = frame_.offload();
  if (exceeds_mtu(frame_.bytes(), wire_size(frame_.bytes(), offload), view.mtu())) {
    counters.out_frames[static_cast<std::size_t>(kind_)].add(1);
    counters.drop(DropReason::mtu_exceeded);
    return 1;
  }
  if (!slot.offloads.accepts(offload)) {
    if (offload.gso != GsoKind::none) {
      return send_segments(slot, counters);
    }
    frame_.finish_checksum();
  }
  send(slot, counters, frame_);
  return 1;
}

std::size_t Egress::send_segments(const Picture::Slot& slot, PortCounters& counters) {
  std::size_t count = 0;
  for (Segmenter segments(frame_.bytes(), frame_.offload()); segments.next(segment_);) {
    send(slot, counters, segment_);
    ++count;
  }
  return count;
}

void Egress::send(const Picture::Slot& slot, PortCounters& counters, FrameBuffer& frame) {
  counters.out_frames[static_cast<std::size_t>(kind_)].add(1);
  const std::size_t size = frame.bytes().size();
  if (const auto reason = reason_of(slot.port->send(frame))) {
    counters.drop(*reason);
  } else {
    counters.out_octets.add(size);
  }
}

}  // namespace tapswitch
