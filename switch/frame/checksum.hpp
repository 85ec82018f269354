// SPDX-License-Identifier: Apache-2.0
// checksum.hpp: the Internet checksum [RFC 1071], and how one that a sender left unfinished is
// completed; and the other checksum that senders leave unfinished, that of SCTP.
//
// Theory of operation: the sum is taken in the machine's own byte order, because ones' complement
// addition comes out the same, octets swapped, in either; and in words of 32 bits, because carries
// can be folded in at the end. Only where a word enters or leaves by value is it brought into the
// order of the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/offload.hpp"

namespace tapswitch {

// A ones' complement sum of 16-bit words.
// Limits: 4 GiB may be added before it is folded.
class ChecksumSum {
 public:
  // Adds 'bytes' as they stand in a frame. All but the last to be added must be even in number.
  void add(std::span<const std::byte> bytes);

  // Adds one word.
  void add(std::uint16_t word);

  // Takes one word out again.
  void subtract(std::uint16_t word) { add(static_cast<std::uint16_t>(~word)); }

  // The sum, folded into a word. Not 0 unless every word added was.
  [[nodiscard]] std::uint16_t folded() const;

  // Returns what stands in a header: the complement.
  [[nodiscard]] std::uint16_t checksum() const { return static_cast<std::uint16_t>(~folded()); }

 private:
  std::uint64_t sum_ = 0;
};

// Sums what the checksum of a transport covers beside its 'size' bytes: addresses, protocol and
// length. Of the addresses, the destination is that at the end of the way, which a routing header
// of IPv6 tells [RFC 8200 8.1]. Limits: of routing headers types 0, 2 and 4 (segment routing).
[[nodiscard]] ChecksumSum sum_of_pseudo_header(std::span<const std::byte> frame,
                                               const HeaderLayout& headers, std::size_t size);

// Completes the checksum of 'frame', with which 'offload' must be consistent; does nothing if it
// needs none. Afterwards it is no longer needed. A checksum of 0 is written as 0xffff, which means
// the same everywhere, while 0 says "none" in UDP.
void finish_checksum(std::span<std::byte> frame, Offload& offload);

// Writes the checksum of SCTP, a CRC32c, into the header of 'packet' [RFC 9260 6.8, appendix A].
// Requires: the header is there.
void write_sctp_checksum(std::span<std::byte> packet);

}  // namespace tapswitch
