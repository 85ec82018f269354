// SPDX-License-Identifier: Apache-2.0
// joining.hpp: makes one super-frame of TCP segments that follow each other, as Linux does under
// the name GRO: the opposite of segmentation.hpp.
//
// Theory of operation: a segment is appended to those before it only if cutting the super-frame
// would give back every byte of it, and its number. So its headers may differ from theirs in what
// cutting writes and in nothing else, its checksums must be right, and it ends the super-frame if
// it is shorter or carries PSH or FIN. That is checked where there is a second segment: a lone one
// costs little. Limits: TCP over IPv4 and IPv6; the super-frame is one that IP can state the length
// of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/layout.hpp"

namespace tapswitch {

class Joiner {
 public:
  // Begins anew with 'frame', in which the super-frame will stand; nobody else may edit it until
  // finish(). False: it is nothing that another frame could continue.
  [[nodiscard]] bool begin(FrameBuffer& frame);

  // Whether 'next' continues what was begun, and was appended to it. Both may be made whole.
  [[nodiscard]] bool append(FrameBuffer& next);

  // Makes one super-frame of what was appended, whose checksum is left to be finished; a frame to
  // which nothing was appended stays as it came. Returns the frame.
  FrameBuffer& finish();

 private:
  [[nodiscard]] bool is_continued_by(const FrameBuffer& frame) const;
  [[nodiscard]] bool is_sound(std::span<const std::byte> segment) const;

  FrameBuffer* frame_ = nullptr;
  HeaderLayout headers_;
  std::size_t segment_size_ = 0;  // payload of the first
  std::size_t count_ = 0;
  bool is_ended_ = false;  // nothing may follow what was appended last
};

}  // namespace tapswitch
