// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/held_frame.hpp"

#include <optional>
#include <utility>

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

void transmit(const Picture::Slot& slot, PortCounters& counters, AddressKind kind,
              FrameBuffer& frame, FlushList& to_flush) {
  counters.out_frames[static_cast<std::size_t>(kind)].add(1);
  const std::size_t size = frame.bytes().size();
  if (const auto reason = reason_of(slot.port->send(frame))) {
    counters.drop(*reason);
    return;
  }
  counters.out_octets.add(size);
  if (slot.keeps_back) {
    to_flush.note(*slot.port);
  }
}

void HeldFrame::take(const Picture::Slot& slot, PortCounters& counters, AddressKind kind,
                     FrameBuffer& frame) {
  if (slot_ == &slot && joiner_.append(frame)) {
    return;
  }
  release();
  if (!joiner_.begin(frame)) {
    transmit(slot, counters, kind, frame, to_flush_);
    return;
  }
  slot_ = &slot;
  counters_ = &counters;
  kind_ = kind;
}

void HeldFrame::release() {
  if (const Picture::Slot* const slot = std::exchange(slot_, nullptr)) {
    transmit(*slot, *counters_, kind_, joiner_.finish(), to_flush_);
  }
}

}  // namespace tapswitch
