// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/punt_queue.hpp"

#include <utility>

#include "switch/frame/octets.hpp"

namespace tapswitch {

PuntQueue::PuntQueue(std::function<void()> on_frame)
    : on_frame_(std::move(on_frame)),
      memory_(std::make_unique_for_overwrite<std::byte[]>(capacity * most_octets)) {}

void PuntQueue::push(const FrameToPunt& frame) noexcept {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    std::uint16_t& waiting = waiting_[to_size(frame.port)];
    if (size_ == capacity || waiting == share || frame.bytes.size() > most_octets) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    was_empty = size_ == 0;
    const std::size_t place = (begin_ + size_) % capacity;
    const std::span<std::byte> space(&memory_[place * most_octets], frame.bytes.size());
    copy_octets(frame.bytes, space.data());
    frames_[place] = frame;
    frames_[place].bytes = space;
    ++size_;
    ++waiting;
  }
  if (was_empty) {
    on_frame_();
  }
}

std::optional<PuntedFrame> PuntQueue::pop() {
  const std::lock_guard lock(mutex_);
  if (size_ == 0) {
    return std::nullopt;
  }
  const FrameToPunt& frame = frames_[begin_];
  PuntedFrame taken{.port = frame.port,
                    .vid = frame.vid,
                    .learned = frame.learned,
                    .when = frame.when,
                    .bytes = {frame.bytes.begin(), frame.bytes.end()}};
  --waiting_[to_size(frame.port)];
  begin_ = (begin_ + 1) % capacity;
  --size_;
  return taken;
}

}  // namespace tapswitch
