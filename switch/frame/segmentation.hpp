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
// The segments of a super-frame inside a tunnel of UDP are datagrams of equal size. Where they may
// go as a super-frame of UDP they are left together: their receiver is given one frame, not dozens.
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
  // next of the super-frame's numbers, and its marks. False, and 'out' is left alone, if there is
  // none left. 'out' must not be the buffer of the super-frame.
  [[nodiscard]] bool next(FrameBuffer& out);

  // Whether the segments of 'frame' can be left together: it lies in a tunnel of UDP with a
  // checksum, as those of a super-frame of UDP have one. Requires: check_offload() was true of it.
  [[nodiscard]] static bool gives_datagrams(const FrameBuffer& frame);

  // The same as next(), but takes as many segments as go into a super-frame of UDP; the last may be
  // alone. Requires: gives_datagrams(); the headers are those inside the tunnel.
  [[nodiscard]] bool next_datagrams(FrameBuffer& out);

 private:
  [[nodiscard]] std::size_t next_size() const;
  [[nodiscard]] std::uint64_t number_of(std::uint16_t index) const {
    return frame_.number() == 0 ? 0 : frame_.number() + index;
  }
  void write_next(std::span<std::byte> segment);
  void write_tcp(std::span<std::byte> segment, bool is_last) const;
  void write_udp(std::span<std::byte> segment) const;

  const FrameBuffer& frame_;
  HeaderLayout headers_;
  std::size_t sent_ = 0;     // bytes of payload in the segments before
  std::uint16_t index_ = 0;  // how many those are
  bool has_next_ = true;
};

}  // namespace tapswitch
