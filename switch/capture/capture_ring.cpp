// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture_ring.hpp"

#include <cassert>
#include <cstring>

namespace tapswitch {

CaptureRing::CaptureRing(std::size_t capacity)
    : capacity_(capacity), memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
  assert(capacity % sizeof(Length) == 0 && capacity > 0);
}

void CaptureRing::write_length(std::uint64_t position, Length length) noexcept {
  std::memcpy(memory_.get() + position % capacity_, &length, sizeof length);
}

CaptureRing::Length CaptureRing::read_length(std::uint64_t position) const noexcept {
  Length length = 0;
  std::memcpy(&length, memory_.get() + position % capacity_, sizeof length);
  return length;
}

std::span<std::byte> CaptureRing::reserve(std::size_t size) noexcept {
  const std::uint64_t begin = written_.load(std::memory_order_relaxed);
  const std::size_t needed = sizeof(Length) + rounded(size);
  const std::size_t to_the_end = capacity_ - begin % capacity_;
  const std::size_t skipped = needed <= to_the_end ? 0 : to_the_end;
  if (begin + skipped + needed - known_read_ > capacity_) {
    known_read_ = read_.load(std::memory_order_acquire);
    if (begin + skipped + needed - known_read_ > capacity_) {
      return {};
    }
  }
  if (skipped != 0) {
    write_length(begin, wraps);
  }
  write_length(begin + skipped, size);
  next_written_ = begin + skipped + needed;
  return {memory_.get() + (begin + skipped + sizeof(Length)) % capacity_, size};
}

void CaptureRing::commit() noexcept { written_.store(next_written_, std::memory_order_release); }

std::span<const std::byte> CaptureRing::front() noexcept {
  std::uint64_t begin = read_.load(std::memory_order_relaxed);
  if (begin == written_.load(std::memory_order_acquire)) {
    return {};
  }
  Length length = read_length(begin);
  if (length == wraps) {
    begin += capacity_ - begin % capacity_;
    read_.store(begin, std::memory_order_release);
    length = read_length(begin);
  }
  return {memory_.get() + (begin + sizeof(Length)) % capacity_, length};
}

void CaptureRing::pop() noexcept {
  const std::uint64_t begin = read_.load(std::memory_order_relaxed);
  read_.store(begin + sizeof(Length) + rounded(read_length(begin)), std::memory_order_release);
}

}  // namespace tapswitch
