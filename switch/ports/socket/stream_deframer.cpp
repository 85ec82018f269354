// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_deframer.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>

#include "switch/frame/octets.hpp"

namespace tapswitch {

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
  const std::size_t size = load_32(start);
  if (size < min_frame_size || size > FrameBuffer::max_frame_size) {
    return {.kind = Found::Kind::invalid};
  }
  if (available - length_size < size) {
    return {};
  }
  return {.kind = Found::Kind::frame, .frame = {start + length_size, size}};
}

void StreamDeframer::reset() noexcept { begin_ = end_ = 0; }

void write_frame_length(std::span<std::byte, StreamDeframer::length_size> field,
                        std::size_t size) noexcept {
  store_32(field.data(), static_cast<std::uint32_t>(size));
}

}  // namespace tapswitch
