// SPDX-License-Identifier: Apache-2.0
// segmentation.hpp: cuts a super-frame into the segments that its sender would have sent without
// segmentation offload, each with its checksums finished.
//
// Theory of operation: each segment is a copy of all headers and a piece of the payload. Then only
// what differs is written: IP's length, identification and header checksum; the sequence number and
// flags of TCP, or the length of UDP; and the checksum. For this the sum of the pseudo-header is
// taken from the checksum field and corrected by the difference in length, as Linux does, not
// computed from the addresses: the sender knew the final destination of a routing header.
// A super-frame inside a tunnel is cut in the same way, and the headers around each segment follow
// (tunnel.hpp). The result equals what Linux cuts, byte for byte; a test compares them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/layout.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch {

class Segmenter {
 public:
  // The offload of 'frame', whose segments have headers that lie so, must be consistent with it and
  // say that it is a super-frame. 'frame' must outlive the segmenter and stay as it is.
  Segmenter(const FrameBuffer& frame, const HeaderLayout& headers)
      : frame_(frame), headers_(headers) {}

  // Makes the next segment the frame in 'out', which needs nothing finished any more and has the
  // next of the super-frame's numbers. False, and 'out' is left alone, if there is none left. 'out'
  // must not be the buffer of the super-frame.
  [[nodiscard]] bool next(FrameBuffer& out);

 private:
  void write_tcp(std::span<std::byte> segment, bool is_last) const;
  void write_udp(std::span<std::byte> segment) const;

  const FrameBuffer& frame_;
  HeaderLayout headers_;
  std::size_t sent_ = 0;     // bytes of payload in the segments before
  std::uint16_t index_ = 0;  // how many those are
  bool has_next_ = true;
};

}  // namespace tapswitch
