// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/patch/frame_queue.hpp"

#include <sys/eventfd.h>

#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

namespace tapswitch {
namespace {

constexpr std::size_t alignment = 32;
constexpr std::size_t no_frame = std::numeric_limits<std::size_t>::max();

constexpr std::size_t padded(std::size_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

FrameQueue::FrameQueue(std::size_t capacity, UniqueFd eventfd)
    : capacity_(capacity),
      memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)),
      eventfd_(std::move(eventfd)) {
  // A head always fits before the end then.
  static_assert(sizeof(Head) <= alignment && std::is_trivially_copyable_v<Head>);
  assert(capacity % alignment == 0 && capacity > 2 * padded(FrameBuffer::max_frame_size));
}

bool FrameQueue::push(const FrameBuffer& frame) noexcept {
  {
    const std::lock_guard lock(putting_);
    if (!put(frame)) {
      return false;
    }
  }
  // The other side takes back the announcement before it looks a last time (see pop()): either it
  // sees this frame then, or we see that there is no announcement.
  if (!is_announced_.exchange(true)) {
    (void)::eventfd_write(eventfd_.get(), 1);
  }
  return true;
}

bool FrameQueue::put(const FrameBuffer& frame) noexcept {
  const std::size_t size = padded(sizeof(Head) + frame.size());
  std::uint64_t position = written_.load(std::memory_order_relaxed);
  const std::size_t to_the_end = room_to_the_end(position);
  const std::size_t skipped = size > to_the_end ? to_the_end : 0;
  if (position + skipped + size - read_.load(std::memory_order_acquire) > capacity_) {
    return false;
  }
  if (skipped > 0) {
    const Head head{.size = no_frame, .number = 0, .offload = {}};
    std::memcpy(at(position), &head, sizeof head);
    position += skipped;
  }
  const Head head{.size = frame.size(), .number = frame.number(), .offload = frame.offload()};
  std::memcpy(at(position), &head, sizeof head);
  frame.copy(0, {at(position) + sizeof head, frame.size()});
  written_.store(position + size, std::memory_order_release);
  return true;
}

bool FrameQueue::pop(FrameBuffer& frame) noexcept {
  const bool is_taken = take(frame);
  if (is_empty()) {
    eventfd_t count = 0;
    (void)::eventfd_read(eventfd_.get(), &count);
    is_announced_.exchange(false);
    // One may have come meanwhile, and its announcement been taken back with the others.
    if (!is_empty() && !is_announced_.exchange(true)) {
      (void)::eventfd_write(eventfd_.get(), 1);
    }
  }
  return is_taken;
}

bool FrameQueue::is_empty() const noexcept {
  return read_.load(std::memory_order_relaxed) == written_.load(std::memory_order_acquire);
}

bool FrameQueue::take(FrameBuffer& frame) noexcept {
  std::uint64_t position = read_.load(std::memory_order_relaxed);
  if (is_empty()) {
    return false;
  }
  Head head;
  std::memcpy(&head, at(position), sizeof head);
  if (head.size == no_frame) {
    position += room_to_the_end(position);
    std::memcpy(&head, at(position), sizeof head);
  }
  std::memcpy(frame.space().data(), at(position) + sizeof head, head.size);
  frame.assign(head.size, head.offload);
  frame.set_number(head.number);
  read_.store(position + padded(sizeof head + head.size), std::memory_order_release);
  return true;
}

}  // namespace tapswitch
