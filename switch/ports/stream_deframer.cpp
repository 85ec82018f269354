// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/stream_deframer.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>

namespace tapswitch {
namespace {

std::uint32_t read_32(const std::byte* octets) {
  return std::to_integer<std::uint32_t>(octets[0]) << 24 |
         std::to_integer<std::uint32_t>(octets[1]) << 16 |
         std::to_integer<std::uint32_t>(octets[2]) << 8 | std::to_integer<std::uint32_t>(octets[3]);
}

}  // namespace

// Not initialised: of a port that is not used no page is touched.
StreamDeframer::StreamDeframer() : memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

std::span<std::byte> StreamDeframer::space() noexcept {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ >= capacity / 2) {
    std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {memory_.get() + end_, capacity - end_};
}

void StreamDeframer::commit(std::size_t size) noexcept {
  assert(size <= capacity - end_);
  end_ += size;
}

StreamDeframer::Found StreamDeframer::next() noexcept {
  const Found found = look();
  if (found.kind == Found::Kind::frame) {
    begin_ += length_size + found.frame.size();
  }
  return found;
}

StreamDeframer::Found StreamDeframer::look() const noexcept {
  const std::size_t available = end_ - begin_;
  if (available < length_size) {
    return {};
  }
  const std::byte* const start = memory_.get() + begin_;
  const std::size_t size = read_32(start);
  if (size < min_frame_size || size > FrameBuffer::max_frame_size) {
    return {.kind = Found::Kind::invalid};
  }
  if (available - length_size < size) {
    return {};
  }
  return {.kind = Found::Kind::frame, .frame = {start + length_size, size}};
}

void StreamDeframer::reset() noexcept { begin_ = end_ = 0; }

void write_frame_length(std::span<std::byte, StreamDeframer::length_size> place,
                        std::size_t size) noexcept {
  for (std::size_t i = 0; i < place.size(); ++i) {
    place[i] = static_cast<std::byte>(size >> (8 * (place.size() - 1 - i)) & 0xff);
  }
}

}  // namespace tapswitch
