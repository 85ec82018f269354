// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/big_frame.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/checksum.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace big_frame_test {

using test::SuperFrame;
using test::SuperFrameRecipe;
using Bytes = std::vector<std::byte>;

constexpr std::size_t segment_size = 1'448;

SuperFrameRecipe recipe_of(bool is_ipv6, std::size_t size) {
  return {.is_ipv6 = is_ipv6,
          .tcp_option_size = 12,
          .tcp_flags = 0x99,  // CWR, ACK, PSH, FIN
          .identification = 0xfff0,
          .sequence = 0xffff'0000,
          .segment_size = segment_size,
          .payload = test::noise(size)};
}

// As Linux has it on a veth: IP states no length, and IPv6 has it in an option.
SuperFrame big(const SuperFrameRecipe& recipe) {
  SuperFrame frame = test::build(recipe);
  Bytes& bytes = frame.bytes;
  const std::size_t ip = frame.headers.network;
  // The sum that its sender took of the pseudo-header has the whole length.
  const std::size_t length = bytes.size() - frame.headers.transport;
  ChecksumSum sum = sum_of_pseudo_header(bytes, frame.headers, length);
  sum.add(static_cast<std::uint16_t>(length >> 16));
  const std::uint16_t folded = sum.folded();
  bytes[frame.headers.transport + 16] = static_cast<std::byte>(folded >> 8);
  bytes[frame.headers.transport + 17] = static_cast<std::byte>(folded & 0xff);
  const std::size_t stated = ip + (recipe.is_ipv6 ? 4 : 2);
  bytes[stated] = bytes[stated + 1] = std::byte{0};
  if (recipe.is_ipv6) {
    const auto size = static_cast<std::uint32_t>(bytes.size() - ip - 40 + 8);
    const Bytes option = {bytes[ip + 6],
                          std::byte{0},
                          std::byte{0xc2},
                          std::byte{4},
                          static_cast<std::byte>(size >> 24),
                          static_cast<std::byte>(size >> 16 & 0xff),
                          static_cast<std::byte>(size >> 8 & 0xff),
                          static_cast<std::byte>(size & 0xff)};
    bytes[ip + 6] = std::byte{0};
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(ip + 40), option.begin(),
                 option.end());
    frame.offload.checksum_start = static_cast<std::uint16_t>(frame.offload.checksum_start + 8);
  }
  return frame;
}

// The segments of all pieces, in order.
std::vector<Bytes> segments_of(BigFrame& frame) {
  std::vector<Bytes> segments;
  const auto piece = std::make_unique<FrameBuffer>();
  while (frame.has_next()) {
    frame.next(*piece);
    EXPECT_LE(piece->size(), FrameView::header_size + 65'535);
    if (piece->offload().gso == GsoKind::none) {
      piece->find_layout();
      piece->finish_checksum();
      segments.emplace_back(piece->head().begin(), piece->head().end());
    } else {
      EXPECT_TRUE(test::is_consistent(piece->head(), piece->offload()));
      std::ranges::copy(test::cut(piece->head(), piece->offload()), std::back_inserter(segments));
    }
  }
  return segments;
}

// The sender would have cut them so by itself: its numbers go on from segment to segment.
void expect_segments(const SuperFrameRecipe& recipe, const std::vector<Bytes>& segments) {
  const std::size_t count = (recipe.payload.size() + segment_size - 1) / segment_size;
  ASSERT_EQ(segments.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    SuperFrameRecipe one = recipe;
    const auto begin = recipe.payload.begin() + static_cast<std::ptrdiff_t>(i * segment_size);
    const std::size_t size = std::min(segment_size, recipe.payload.size() - i * segment_size);
    one.payload.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
    one.sequence += static_cast<std::uint32_t>(i * segment_size);
    one.identification = static_cast<std::uint16_t>(one.identification + i);
    one.tcp_flags =
        static_cast<std::uint8_t>(0x10 | (i == 0 ? 0x80 : 0) | (i + 1 == count ? 9 : 0));
    SuperFrame expected = test::without_segmentation(test::build(one));
    finish_checksum(expected.bytes, expected.offload);
    ASSERT_EQ(segments[i], expected.bytes) << "segment " << i << " of " << count;
  }
}

// The pieces of the super-frame give the segments of the whole.
void expect_pieces(const SuperFrameRecipe& recipe) {
  const SuperFrame whole = big(recipe);
  BigFrame frame;
  ASSERT_TRUE(frame.begin(whole.bytes, whole.offload));
  expect_segments(recipe, segments_of(frame));
}

TEST(BigFrame, PiecesGiveTheSegmentsOfTheWhole) {
  for (const bool is_ipv6 : {false, true}) {
    for (const std::size_t size : {65'600U, 100'000U, 128'000U, 200'000U, 524'000U}) {
      ASSERT_NO_FATAL_FAILURE(expect_pieces(recipe_of(is_ipv6, size)));
    }
  }
}

// As Linux joins segments unseen, if their sender has left their checksums unfinished.
TEST(BigFrame, SumMayBeThatOfTheFirstSegment) {
  for (const bool is_ipv6 : {false, true}) {
    const SuperFrameRecipe recipe = recipe_of(is_ipv6, 100'000);
    SuperFrame joined = big(recipe);
    const std::size_t transport = joined.offload.checksum_start;
    const std::uint16_t first =
        sum_of_pseudo_header(joined.bytes, joined.headers, 32 + std::size_t{segment_size}).folded();
    joined.bytes[transport + 16] = static_cast<std::byte>(first >> 8);
    joined.bytes[transport + 17] = static_cast<std::byte>(first & 0xff);
    BigFrame frame;
    ASSERT_TRUE(frame.begin(joined.bytes, joined.offload));
    expect_segments(recipe, segments_of(frame));
  }
}

TEST(BigFrame, LastPieceMayBeOneSegment) {
  const std::size_t in_first = (65'535 - 52) / segment_size * segment_size;
  for (const std::size_t size : {in_first + 1, in_first + segment_size}) {
    ASSERT_NO_FATAL_FAILURE(expect_pieces(recipe_of(false, size)));
  }
}

TEST(BigFrame, WhatIsNoSuperFrameOfTcpOrLiesIsNone) {
  const SuperFrame whole = big(recipe_of(false, 100'000));
  BigFrame frame;
  for (const auto& lie : std::initializer_list<void (*)(Offload&)>{
           [](Offload& offload) { offload.gso = GsoKind::none; },
           [](Offload& offload) { offload.gso = GsoKind::tcp_ipv6; },
           [](Offload& offload) { offload.gso = GsoKind::udp; },
           [](Offload& offload) { offload.needs_checksum = false; },
           [](Offload& offload) { offload.segment_size = 0; },
           [](Offload& offload) { offload.segment_size = 65'500; },
           [](Offload& offload) { ++offload.checksum_start; },
           [](Offload& offload) { ++offload.checksum_offset; },
       }) {
    Offload offload = whole.offload;
    lie(offload);
    EXPECT_FALSE(frame.begin(whole.bytes, offload));
    EXPECT_FALSE(frame.has_next());
  }
}

}  // namespace big_frame_test
}  // namespace tapswitch
