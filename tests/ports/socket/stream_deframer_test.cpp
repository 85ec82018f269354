// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_deframer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/frame_builder.hpp"
#include "tests/support/stream_peer.hpp"

namespace tapswitch {
namespace stream_deframer_test {

using test::FrameBuilder;
using Bytes = std::vector<std::byte>;
using Kind = StreamDeframer::Found::Kind;

class StreamDeframerTest : public testing::Test {
 protected:
  void take_in(std::span<const std::byte> bytes) {
    ASSERT_LE(bytes.size(), deframer_.space().size());
    std::ranges::copy(bytes, deframer_.space().begin());
    deframer_.commit(bytes.size());
  }

  std::optional<Bytes> next_frame() {
    const auto found = deframer_.next();
    return found.kind == Kind::frame ? std::optional(Bytes(found.frame.begin(), found.frame.end()))
                                     : std::nullopt;
  }

  StreamDeframer deframer_;
};

Bytes framed(const Bytes& frame) { return test::StreamPeer::framed(frame); }

TEST_F(StreamDeframerTest, NothingIsIncomplete) {
  EXPECT_EQ(deframer_.next().kind, Kind::incomplete);
  EXPECT_FALSE(deframer_.is_within_frame());
}

TEST_F(StreamDeframerTest, FrameThatComesByteByByteIsThereWithItsLast) {
  const Bytes frame = FrameBuilder().payload(100).build();
  const Bytes stream = framed(frame);
  for (std::size_t i = 0; i + 1 < stream.size(); ++i) {
    take_in({&stream[i], 1});
    EXPECT_EQ(deframer_.next().kind, Kind::incomplete);
    EXPECT_TRUE(deframer_.is_within_frame());
  }
  take_in({&stream.back(), 1});
  EXPECT_EQ(next_frame(), frame);
  EXPECT_FALSE(deframer_.is_within_frame());
}

TEST_F(StreamDeframerTest, FramesThatComeTogetherLeaveOneByOne) {
  const Bytes one = FrameBuilder().payload(50).build();
  const Bytes two = FrameBuilder().payload(1000).build();
  Bytes stream = framed(one);
  std::ranges::copy(framed(two), std::back_inserter(stream));
  std::ranges::copy(Bytes(2), std::back_inserter(stream));  // half of a length
  take_in(stream);
  EXPECT_EQ(next_frame(), one);
  EXPECT_EQ(next_frame(), two);
  EXPECT_EQ(deframer_.next().kind, Kind::incomplete);
  EXPECT_TRUE(deframer_.is_within_frame());
}

TEST_F(StreamDeframerTest, SmallestAndLargestFramesAreFrames) {
  for (const std::size_t size : {StreamDeframer::min_frame_size, FrameBuffer::max_frame_size}) {
    take_in(framed(Bytes(size)));
    EXPECT_EQ(next_frame(), Bytes(size));
  }
}

TEST_F(StreamDeframerTest, LengthsThatNoFrameHasAreInvalidWhateverFollows) {
  const std::array<std::array<std::uint8_t, 4>, 5> lengths = {{
      {0, 0, 0, 0},
      {0, 0, 0, 13},
      {0x00, 0x01, 0x00, 0x17},  // one more than the largest
      {0x80, 0, 0, 0},
      {0xff, 0xff, 0xff, 0xff},  // 4 GiB
  }};
  for (const auto& length : lengths) {
    deframer_.reset();
    take_in(std::as_bytes(std::span(length)));
    EXPECT_EQ(deframer_.next().kind, Kind::invalid);
    EXPECT_EQ(deframer_.next().kind, Kind::invalid);
  }
}

TEST_F(StreamDeframerTest, FrameBeforeAnInvalidLengthStillCounts) {
  const Bytes frame = FrameBuilder().build();
  Bytes stream = framed(frame);
  std::ranges::copy(Bytes(4), std::back_inserter(stream));
  take_in(stream);
  EXPECT_EQ(next_frame(), frame);
  EXPECT_EQ(deframer_.next().kind, Kind::invalid);
}

TEST_F(StreamDeframerTest, ResetForgetsHalfAFrame) {
  const Bytes frame = FrameBuilder().build();
  take_in(std::span<const std::byte>(framed(frame)).first(20));
  deframer_.reset();
  EXPECT_FALSE(deframer_.is_within_frame());
  take_in(framed(frame));
  EXPECT_EQ(next_frame(), frame);
}

// Reads of every size in frames of every size: what goes in comes out, and there is always room.
TEST_F(StreamDeframerTest, ThereIsRoomForWhateverIsLeftOfAFrame) {
  std::size_t chunk = 1;
  for (std::size_t size = 14; size <= FrameBuffer::max_frame_size; size = size * 3 / 2) {
    const Bytes frame = FrameBuilder().payload(size - 14).build();
    const Bytes stream = framed(frame);
    std::span<const std::byte> rest(stream);
    std::optional<Bytes> found;
    while (!found) {
      chunk = chunk * 5 % 4099;
      const auto space = deframer_.space();
      ASSERT_FALSE(space.empty());
      const auto part = rest.first(std::min({rest.size(), space.size(), chunk}));
      take_in(part);
      rest = rest.subspan(part.size());
      found = next_frame();
    }
    ASSERT_EQ(found, frame);
  }
}

}  // namespace stream_deframer_test
}  // namespace tapswitch
