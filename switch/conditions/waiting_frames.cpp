// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/waiting_frames.hpp"

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "switch/frame/octets.hpp"

namespace tapswitch {
namespace {

// The checksum of what a line garbles was right when it came to it.
void flip_bit(FrameBuffer& frame, std::uint64_t number) {
  if (frame.offload().needs_checksum) {
    frame.find_layout();
    frame.finish_checksum();
    frame.set_offload({});
  }
  const std::span<std::byte> bytes = frame.make_whole();
  if (!bytes.empty()) {
    const std::uint64_t bit = number % (8 * bytes.size());
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace

WaitingFrames::~WaitingFrames() {
  for (const Row* row : {&in_order_, &ahead_}) {
    for (const Waiting& each : *row) {
      room_->give_back(memory_of(each.size));
    }
  }
}

bool WaitingFrames::push(const FrameBuffer& frame, const Departure& departure) noexcept {
  const std::size_t size = frame.size();
  if (!room_->take(memory_of(size))) {
    return false;
  }
  try {
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
    frame.copy(0, {bytes.get(), size});
    Row& row = departure.is_ahead ? ahead_ : in_order_;
    row.push_back({.departure = departure,
                   .offload = frame.offload(),
                   .number = frame.number(),
                   .size = size,
                   .bytes = std::move(bytes)});
  } catch (const std::bad_alloc&) {
    room_->give_back(memory_of(size));
    return false;
  }
  octets_ += size;
  return true;
}

const WaitingFrames::Row& WaitingFrames::first_row() const {
  const bool is_ahead =
      !ahead_.empty() &&
      (in_order_.empty() || ahead_.front().departure.due <= in_order_.front().departure.due);
  return is_ahead ? ahead_ : in_order_;
}

std::optional<TimePoint> WaitingFrames::next_due() const {
  return is_empty() ? std::nullopt : std::optional(first_row().front().departure.due);
}

void WaitingFrames::pop(FrameBuffer& frame) noexcept {
  Row& row = &first_row() == &ahead_ ? ahead_ : in_order_;
  const Waiting& first = row.front();
  copy_octets(std::span<const std::byte>(first.bytes.get(), first.size), frame.space().data());
  frame.assign(first.size, first.offload);
  frame.set_number(first.number);
  if (first.departure.flipped) {
    flip_bit(frame, *first.departure.flipped);
  }
  octets_ -= first.size;
  room_->give_back(memory_of(first.size));
  row.pop_front();
}

void WaitingFrames::hasten(TimePoint latest) {
  for (Row* row : {&in_order_, &ahead_}) {
    for (Waiting& each : *row) {
      each.departure.due = std::min(each.departure.due, latest);
    }
  }
}

}  // namespace tapswitch
