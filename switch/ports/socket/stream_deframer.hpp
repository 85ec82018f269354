// SPDX-License-Identifier: Apache-2.0
// stream_deframer.hpp: finds the frames in a stream of bytes in which each follows its length, a
// big-endian number of 32 bits, as QEMU's sockets have it. Knows no socket: bytes are written into
// space() and frames are read with next().
//
// Limits: 'capacity' bytes, allocated once. A length that no frame has is not skipped: whoever
// writes it is no such stream, or no longer, and all that follows could be anything.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/frame_view.hpp"

namespace tapswitch {

class StreamDeframer {
 public:
  static constexpr std::size_t length_size = 4;
  static constexpr std::size_t min_frame_size = FrameView::header_size;
  // Two of the largest, so that a read never has to stop short of the end of a frame, and takes in
  // many that are small.
  static constexpr std::size_t capacity = 2 * (length_size + FrameBuffer::max_frame_size);

  struct Found {
    enum class Kind { frame, incomplete, invalid };
    Kind kind = Kind::incomplete;
    std::span<const std::byte> frame{};  // until the next call of anything
  };

  StreamDeframer();

  // Returns where the next bytes of the stream go; never empty once next() has said 'incomplete'.
  [[nodiscard]] std::span<std::byte> space() noexcept;
  // Says that so many of them are there.
  void commit(std::size_t size) noexcept;

  // The next frame. After 'invalid' there is none any more.
  [[nodiscard]] Found next() noexcept;

  // Whether next() would have something else to say than 'incomplete'.
  [[nodiscard]] bool has_next() const noexcept { return look().kind != Found::Kind::incomplete; }

  // Whether a frame has begun and is not whole.
  [[nodiscard]] bool is_within_frame() const noexcept { return begin_ != end_; }

  // Forgets everything: another stream begins.
  void reset() noexcept;

 private:
  [[nodiscard]] Found look() const noexcept;

  std::unique_ptr<std::byte[]> memory_;
  std::size_t begin_ = 0;  // of what was not taken out yet
  std::size_t end_ = 0;
};

// The length in front of a frame.
void write_frame_length(std::span<std::byte, StreamDeframer::length_size> field,
                        std::size_t size) noexcept;

}  // namespace tapswitch
