// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/transmit.hpp"

#include <optional>

#include "switch/engine/mirroring.hpp"

namespace tapswitch {
namespace {

void drop(const Exit& exit, DropReason reason, const FrameBuffer& frame) {
  exit.counters().drop(reason);
  if (PortObserver* const observer = exit.slot->observer) {
    observer->drops(exit.worker, frame,
                    {.direction = Direction::out, .vid = exit.vid, .reason = reason});
  }
}

[[gnu::noinline]] void show(const Exit& exit, FrameBuffer& frame, FlushList& to_flush) {
  const Picture::Slot& slot = *exit.slot;
  if (slot.observer != nullptr) {
    slot.observer->sends(exit.worker, frame, exit.vid);
  }
  if (slot.mirrors_out != 0) {
    slot.mirroring->copy(slot.mirrors_out, exit.worker, frame, exit.vid, to_flush);
  }
}

// Whoever floods the frame goes on with it, and another port may want it as it was. What is left to
// be finished would have to be finished over the padding too: of SCTP that is another checksum.
[[gnu::noinline]] void transmit_padded(const Exit& exit, AddressKind kind, FrameBuffer& frame,
                                       FlushList& to_flush) {
  const std::size_t size = frame.size();
  if (frame.offload().needs_checksum) {
    frame.finish_checksum();
    frame.set_offload({});
  }
  frame.pad(exit.slot->least_frame_size);
  transmit(exit, kind, frame, to_flush);
  frame.cut_off(size);
}

}  // namespace

std::optional<DropReason> reason_of(SendStatus status) {
  switch (status) {
    case SendStatus::sent:
      return std::nullopt;
    case SendStatus::link_down:
      return DropReason::link_down;
    case SendStatus::busy:
      return DropReason::busy;
    case SendStatus::too_long:
      return DropReason::mtu_exceeded;
    case SendStatus::refused:
      return DropReason::kernel_refused;
    case SendStatus::gone:
      return DropReason::port_gone;
    case SendStatus::lost:
      return DropReason::condition_loss;
    case SendStatus::queue_full:
      return DropReason::condition_queue_full;
  }
  return DropReason::kernel_refused;
}

void transmit(const Exit& exit, AddressKind kind, FrameBuffer& frame, FlushList& to_flush) {
  const Picture::Slot& slot = *exit.slot;
  if (frame.size() < slot.least_frame_size && frame.offload().gso == GsoKind::none) [[unlikely]] {
    return transmit_padded(exit, kind, frame, to_flush);
  }
  PortCounters& counters = exit.counters();
  counters.out_frames[static_cast<std::size_t>(kind)].add(1);
  if (slot.is_watched) {
    show(exit, frame, to_flush);
  }
  const std::size_t size = frame.size();
  if (const auto reason = reason_of(slot.port->send(frame))) {
    drop(exit, *reason, frame);
    return;
  }
  counters.out_octets.add(size);
  if (slot.keeps_back) {
    to_flush.note(*slot.port);
  }
}

void refuse(const Exit& exit, AddressKind kind, DropReason reason, const FrameBuffer& frame) {
  exit.counters().out_frames[static_cast<std::size_t>(kind)].add(1);
  drop(exit, reason, frame);
}

}  // namespace tapswitch
