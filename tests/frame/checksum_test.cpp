// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/checksum.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace checksum_test {

using test::SuperFrame;
using Bytes = std::vector<std::byte>;

std::uint16_t sum_of(std::span<const std::byte> bytes) {
  ChecksumSum sum;
  sum.add(bytes);
  return sum.folded();
}

Bytes bytes_of(std::initializer_list<int> octets) {
  Bytes bytes;
  for (const int octet : octets) {
    bytes.push_back(static_cast<std::byte>(octet));
  }
  return bytes;
}

TEST(Checksum, IsThatOfTheExampleInRfc1071) {
  const Bytes example = bytes_of({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7});
  EXPECT_EQ(sum_of(example), 0xddf2);
}

TEST(Checksum, OfAKnownIpv4Header) {
  Bytes header = bytes_of({0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                           0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7});
  ChecksumSum sum;
  sum.add(header);
  EXPECT_EQ(sum.checksum(), 0xb861);
}

TEST(Checksum, OfNothingAndOfZeroes) {
  EXPECT_EQ(sum_of({}), 0);
  EXPECT_EQ(sum_of(Bytes(1'000)), 0);
}

TEST(Checksum, OfAllOnesIsAllOnes) { EXPECT_EQ(sum_of(Bytes(65'536, std::byte{0xff})), 0xffff); }

TEST(Checksum, LastOddByteIsTheHighHalfOfAWord) {
  EXPECT_EQ(sum_of(bytes_of({0x12})), 0x1200);
  EXPECT_EQ(sum_of(bytes_of({0x12, 0x34, 0x56})), 0x1234 + 0x5600);
}

TEST(Checksum, IsThatOfTheNaiveSumAtEverySizeAndAlignment) {
  const Bytes bytes = test::noise(400);
  for (std::size_t begin = 0; begin < 8; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const auto part = std::span(bytes).subspan(begin, size);
      ASSERT_EQ(sum_of(part), test::naive_sum(part)) << size << " bytes from " << begin;
    }
  }
}

TEST(Checksum, MayBeTakenPieceByPiece) {
  const Bytes bytes = test::noise(301);
  for (std::size_t middle = 0; middle <= 300; middle += 2) {
    ChecksumSum sum;
    sum.add(std::span(bytes).first(middle));
    sum.add(std::span(bytes).subspan(middle));
    ASSERT_EQ(sum.folded(), test::naive_sum(bytes)) << middle;
  }
}

TEST(Checksum, WordThatIsTakenOutLeavesNoTrace) {
  const Bytes bytes = test::noise(100);
  for (const std::uint16_t word :
       std::initializer_list<std::uint16_t>{0, 1, 0x1234, 0xfffe, 0xffff}) {
    ChecksumSum sum;
    sum.add(bytes);
    sum.add(word);
    sum.subtract(word);
    EXPECT_EQ(sum.folded(), test::naive_sum(bytes)) << word;
  }
}

TEST(FinishChecksum, MakesTheChecksumRight) {
  for (const bool is_ipv6 : {false, true}) {
    for (const auto kind : {TransportKind::tcp, TransportKind::udp}) {
      for (const std::size_t size : {0U, 1U, 2U, 99U, 1'448U, 65'000U}) {
        SuperFrame frame = test::without_segmentation(
            test::build({.is_ipv6 = is_ipv6, .kind = kind, .payload = test::noise(size)}));
        EXPECT_NE(test::fault_of(frame.bytes, frame.headers), "");
        finish_checksum(frame.bytes, frame.offload);
        EXPECT_EQ(test::fault_of(frame.bytes, frame.headers), "") << size;
        EXPECT_TRUE(frame.offload.is_plain());
      }
    }
  }
}

TEST(FinishChecksum, TouchesNothingButTheField) {
  SuperFrame frame = test::without_segmentation(test::build({}));
  Bytes expected = frame.bytes;
  finish_checksum(frame.bytes, frame.offload);
  const std::size_t field = frame.headers.transport + 16;
  expected[field] = frame.bytes[field];
  expected[field + 1] = frame.bytes[field + 1];
  EXPECT_EQ(frame.bytes, expected);
}

TEST(FinishChecksum, LeavesAFrameAloneThatNeedsNone) {
  SuperFrame frame = test::without_segmentation(test::build({}));
  frame.offload.needs_checksum = false;
  const Bytes before = frame.bytes;
  finish_checksum(frame.bytes, frame.offload);
  EXPECT_EQ(frame.bytes, before);
}

TEST(FinishChecksum, WritesZeroAsAllOnes) {
  SuperFrame frame =
      test::without_segmentation(test::build({.kind = TransportKind::udp, .payload = Bytes(2)}));
  SuperFrame finished = frame;
  finish_checksum(finished.bytes, finished.offload);
  // With its own checksum as payload the rest sums up to all ones.
  const std::size_t field = frame.headers.transport + 6;
  frame.bytes[frame.headers.payload] = finished.bytes[field];
  frame.bytes[frame.headers.payload + 1] = finished.bytes[field + 1];
  finish_checksum(frame.bytes, frame.offload);
  EXPECT_EQ(frame.bytes[field], std::byte{0xff});
  EXPECT_EQ(frame.bytes[field + 1], std::byte{0xff});
  EXPECT_EQ(test::fault_of(frame.bytes, frame.headers), "");
}

// CRC32c, bit by bit.
std::uint32_t naive_crc(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffff'ffff;
  for (const std::byte octet : bytes) {
    crc ^= std::to_integer<std::uint32_t>(octet);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f6'3b78 : 0);
    }
  }
  return ~crc;
}

Bytes with_sctp_checksum(Bytes packet) {
  write_sctp_checksum(packet);
  return packet;
}

// The 32 zeros whose CRC32c stands in RFC 3720, B.4.
TEST(SctpChecksum, IsThatOfTheKnownExample) {
  Bytes expected(32);
  const Bytes field = bytes_of({0xaa, 0x36, 0x91, 0x8a});
  std::ranges::copy(field, expected.begin() + 8);
  EXPECT_EQ(with_sctp_checksum(Bytes(32)), expected);
}

TEST(SctpChecksum, IsThatOfTheNaiveSumWhateverStoodInItsField) {
  for (const std::size_t size : {12U, 13U, 16U, 100U, 1'480U, 65'515U}) {
    Bytes packet = test::noise(size);
    std::ranges::fill(std::span(packet).subspan(8, 4), std::byte{});
    const std::uint32_t crc = naive_crc(packet);
    Bytes expected = packet;
    for (std::size_t i = 0; i < 4; ++i) {
      expected[8 + i] = static_cast<std::byte>(crc >> 8 * i & 0xff);
    }
    packet[9] = std::byte{0x55};
    EXPECT_EQ(with_sctp_checksum(packet), expected) << size;
  }
}

}  // namespace checksum_test
}  // namespace tapswitch
