// SPDX-License-Identifier: Apache-2.0
// big_frame.hpp: takes a super-frame of TCP that is longer than IP can state (Linux: "BIG TCP")
// apart into super-frames whose length it can.
//
// Theory of operation: IP states no length in such a frame, IPv4 0 and IPv6 in an option for jumbo
// payloads, which the sender's TCP has never seen and which goes. Each piece has as many whole
// segments as fit, and headers as a sender would have made it: so cutting the pieces gives what
// cutting the whole would. Limits: TCP over IPv4 and IPv6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/layout.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch {

class BigFrame {
 public:
  // A frame as long as this may be a big one; a shorter one is not.
  static constexpr std::size_t least_size = FrameView::header_size + 65'536;

  // Begins with the frame of 'bytes', which are to stay until the last piece was taken. False: it
  // is no super-frame of TCP, or 'offload' does not tell the truth about it.
  [[nodiscard]] bool begin(std::span<const std::byte> bytes, const Offload& offload);

  [[nodiscard]] bool has_next() const { return sent_ < payload_size(); }

  // Makes the next piece the frame in 'out'. Requires: has_next().
  void next(FrameBuffer& out);

 private:
  [[nodiscard]] std::size_t payload_size() const { return bytes_.size() - headers_.payload; }

  // Copies the headers without the option of jumbo payloads, and returns where they lie then.
  HeaderLayout copy_headers(std::span<std::byte> to) const;
  void write_tcp(std::span<std::byte> tcp, bool is_last) const;

  std::span<const std::byte> bytes_;
  Offload offload_;
  HeaderLayout headers_;
  std::size_t summed_size_ = 0;  // bytes of transport that the sum of the pseudo-header tells of
  std::size_t jumbo_size_ = 0;   // of the header with that option; 0: there is none
  std::size_t sent_ = 0;         // bytes of payload in the pieces before
};

}  // namespace tapswitch
