// SPDX-License-Identifier: Apache-2.0
// Joining must make what cutting takes apart: the tests cut a super-frame and join the pieces.
#include "switch/frame/joining.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace joining_test {

namespace flag = test::tcp_flag;
using test::SuperFrame;
using test::SuperFrameRecipe;
using Bytes = std::vector<std::byte>;

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<Bytes> cut(const SuperFrame& frame) { return test::cut(frame.bytes, frame.offload); }

// Segments on their way to a joiner, lent or whole.
class Joining {
 public:
  explicit Joining(bool is_lent = false) : is_lent_(is_lent) {}

  bool begin(const Bytes& segment, std::uint64_t number = 0) {
    fill(*first_, segment);
    first_->set_number(number);
    return joiner_.begin(*first_);
  }
  bool append(const Bytes& segment, std::uint64_t number = 0) {
    fill(*next_, segment);
    next_->set_number(number);
    return joiner_.append(*next_);
  }
  const FrameBuffer& finish() {
    joiner_.finish();
    return *first_;
  }

 private:
  void fill(FrameBuffer& buffer, const Bytes& segment) {
    if (is_lent_) {
      test::fill_lent(buffer, memory_, segment);
    } else {
      test::fill(buffer, segment);
    }
  }

  const bool is_lent_;
  test::LentMemory memory_;
  std::unique_ptr<FrameBuffer> first_ = std::make_unique<FrameBuffer>();
  std::unique_ptr<FrameBuffer> next_ = std::make_unique<FrameBuffer>();
  Joiner joiner_;
};

struct Case {
  const char* name;
  SuperFrameRecipe recipe;
};

const Case cases[] = {
    {"LastIsShorter", {.payload = test::noise(3'000)}},
    {"LastIsFull", {.payload = test::noise(2'896)}},
    {"LastIsOneByte", {.payload = test::noise(2'897)}},
    {"OddSize", {.segment_size = 999, .payload = test::noise(2'000)}},
    {"Many", {.segment_size = 1'000, .payload = test::noise(64'000)}},
    {"IdentificationWraps", {.identification = 0xffff, .payload = test::noise(5'000)}},
    {"SequenceWraps", {.sequence = 0xffff'fc00, .payload = test::noise(5'000)}},
    {"PushedAtTheEnd", {.tcp_flags = flag::ack | flag::psh, .payload = test::noise(3'000)}},
    {"LastOfTheStream",
     {.tcp_flags = flag::ack | flag::psh | flag::fin, .payload = test::noise(2'896)}},
    {"CongestionIsEchoed", {.tcp_flags = flag::ack | 0x40, .payload = test::noise(3'000)}},
    {"TcpOptions", {.tcp_option_size = 12, .payload = test::noise(2'000)}},
    {"Ipv4Options", {.ipv4_option_size = 40, .payload = test::noise(2'000)}},
    {"TcpOverIpv6", {.is_ipv6 = true, .payload = test::noise(3'000)}},
    {"Ipv6Extensions",
     {.is_ipv6 = true, .extensions = {{0, 8}, {60, 24}}, .payload = test::noise(2'000)}},
    {"Tagged", {.tags = {{.vid = 10}}, .payload = test::noise(2'000)}},
    {"DoublyTagged",
     {.tags = {{.type = TagType::service, .vid = 10}, {.vid = 20}}, .payload = test::noise(2'000)}},
};

void expect_joined(const SuperFrame& frame, bool is_lent) {
  const std::vector<Bytes> segments = cut(frame);
  ASSERT_GE(segments.size(), 2U);
  Joining joining(is_lent);
  ASSERT_TRUE(joining.begin(segments.front()));
  for (std::size_t i = 1; i < segments.size(); ++i) {
    ASSERT_TRUE(joining.append(segments[i])) << "segment " << i;
  }
  const FrameBuffer& joined = joining.finish();
  EXPECT_EQ(copy(joined.head()), frame.bytes);
  EXPECT_EQ(joined.offload(), frame.offload);
  EXPECT_TRUE(test::is_consistent(joined.head(), joined.offload()));
}

TEST(Joiner, WhatWasCutIsJoinedToWhatItWas) {
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const SuperFrame frame = test::build(row.recipe);
    expect_joined(frame, false);
    expect_joined(frame, true);
  }
}

// A head that is shorter than the headers of those before.
TEST(Joiner, LentFrameWithAnotherHeadContinuesNothing) {
  const SuperFrame frame =
      test::build({.is_ipv6 = true, .extensions = {{0, 504}}, .payload = test::noise(3'000)});
  Joining joining(true);
  ASSERT_TRUE(joining.begin(cut(frame).front()));
  const SuperFrame other = test::build({.payload = test::noise(3'000)});
  EXPECT_FALSE(joining.append(cut(other).front()));
}

TEST(Joiner, FrameThatNothingContinuesStaysAsItCame) {
  const Bytes segment = cut(test::build({.payload = test::noise(2'000)})).front();
  Joining joining;
  ASSERT_TRUE(joining.begin(segment));
  const FrameBuffer& frame = joining.finish();
  EXPECT_EQ(copy(frame.head()), segment);
  EXPECT_EQ(frame.offload(), Offload());
}

TEST(Joiner, WhatEndsASuperFrameIsFollowedByNothing) {
  const SuperFrame frame = test::build({.payload = test::noise(3 * 1'448)});
  const std::vector<Bytes> pushed =
      cut(test::build({.tcp_flags = flag::ack | flag::psh, .payload = test::noise(2 * 1'448)}));
  const std::vector<Bytes> shorter = cut(test::build({.payload = test::noise(1'448 + 1'000)}));
  for (const Bytes& end : {pushed[1], shorter[1]}) {
    Joining joining;
    ASSERT_TRUE(joining.begin(cut(frame)[0]));
    ASSERT_TRUE(joining.append(end));
    EXPECT_FALSE(joining.append(cut(frame)[2]));
  }
}

TEST(Joiner, NumbersAreThoseThatCuttingWouldGiveBack) {
  const std::vector<Bytes> segments = cut(test::build({.payload = test::noise(3 * 1'448)}));
  Joining joining;
  ASSERT_TRUE(joining.begin(segments[0], 7));
  ASSERT_TRUE(joining.append(segments[1], 8));
  EXPECT_FALSE(joining.append(segments[2], 10));
  EXPECT_FALSE(joining.append(segments[2]));
  EXPECT_EQ(joining.finish().number(), 7U);
}

TEST(Joiner, LongerSegmentDoesNotContinueAShorterOne) {
  const Bytes shorter =
      cut(test::build({.segment_size = 1'000, .payload = test::noise(2'000)})).front();
  const Bytes longer = cut(test::build({.sequence = 1'001, .payload = test::noise(2'896)})).front();
  Joining joining;
  ASSERT_TRUE(joining.begin(shorter));
  EXPECT_FALSE(joining.append(longer));
}

// The checksums of a segment made right again after it was changed.
Bytes resealed(Bytes segment, const HeaderLayout& headers) {
  const std::span<std::byte> ip = std::span(segment).subspan(headers.network);
  const std::span<std::byte> tcp = std::span(segment).subspan(headers.transport);
  ChecksumSum sum;
  if (!headers.is_ipv6) {
    store_16(&ip[ipv4_checksum], 0);
    sum.add(ip.first(headers.transport - headers.network));
    store_16(&ip[ipv4_checksum], sum.checksum());
  }
  store_16(&tcp[tcp_checksum], 0);
  sum = ChecksumSum();
  sum.add(headers.is_ipv6 ? ip.subspan(ipv6_addresses, 32) : ip.subspan(ipv4_addresses, 8));
  sum.add(static_cast<std::uint16_t>(TransportKind::tcp));
  sum.add(static_cast<std::uint16_t>(tcp.size()));
  sum.add(tcp);
  store_16(&tcp[tcp_checksum], sum.checksum());
  return segment;
}

TEST(Joiner, NoChangeOfAHeaderIsLost) {
  for (const bool is_ipv6 : {false, true}) {
    const SuperFrame frame = test::build({.is_ipv6 = is_ipv6,
                                          .tags = {{.vid = 10}},
                                          .tcp_option_size = 12,
                                          .payload = test::noise(3 * 1'448)});
    const std::vector<Bytes> segments = cut(frame);
    const std::size_t flags = frame.headers.transport + tcp_flags;
    for (std::size_t bit = 0; bit < frame.headers.payload * 8; ++bit) {
      const std::byte mask{static_cast<unsigned char>(1U << bit % 8)};
      Bytes changed = segments[1];
      changed[bit / 8] ^= mask;
      const bool may_differ = bit / 8 == flags && (mask == tcp_psh || mask == tcp_fin);
      for (const Bytes& next : {changed, resealed(changed, frame.headers)}) {
        Joining joining;
        ASSERT_TRUE(joining.begin(segments[0]));
        if (!joining.append(next)) {
          continue;
        }
        // A checksum alone, which resealing has mended, is no change.
        EXPECT_TRUE(next == segments[1] || may_differ) << "bit " << bit;
        const FrameBuffer& joined = joining.finish();
        EXPECT_EQ(test::cut(joined.head(), joined.offload()),
                  (std::vector<Bytes>{segments[0], next}))
            << "bit " << bit;
      }
    }
  }
}

TEST(Joiner, DamagedSegmentIsNotHiddenBehindANewChecksum) {
  const SuperFrame frame = test::build({.payload = test::noise(3 * 1'448)});
  const std::vector<Bytes> segments = cut(frame);
  Bytes damaged = segments[1];
  damaged.back() ^= std::byte{1};
  Joining joining;
  ASSERT_TRUE(joining.begin(segments[0]));
  EXPECT_FALSE(joining.append(damaged));

  damaged = segments[0];
  damaged.back() ^= std::byte{1};
  ASSERT_TRUE(joining.begin(damaged));
  EXPECT_FALSE(joining.append(segments[1]));
}

TEST(Joiner, NothingGrowsBeyondWhatIpCanState) {
  const SuperFrame frame = test::build({.segment_size = 1'000, .payload = test::noise(65'000)});
  const std::vector<Bytes> segments = cut(frame);
  Joining joining;
  ASSERT_TRUE(joining.begin(segments[0]));
  for (std::size_t i = 1; i < segments.size(); ++i) {
    ASSERT_TRUE(joining.append(segments[i]));
  }
  // 40 octets of headers, 65,000 of payload: another 1,000 are too many, though they follow.
  const Bytes next = cut(test::build({.identification = 66,
                                      .sequence = 65'001,
                                      .segment_size = 1'000,
                                      .payload = test::noise(2'000)}))
                         .front();
  EXPECT_FALSE(joining.append(next));
}

// The length that IP can state is, behind five tags, more than a frame may have.
TEST(Joiner, NothingGrowsBeyondItsBuffer) {
  constexpr std::size_t segment_size = 16'375;
  constexpr std::size_t rest = segment_size - 9;
  SuperFrameRecipe recipe{.tags = std::vector<VlanTag>(5, {.vid = 10}),
                          .segment_size = segment_size,
                          .payload = test::noise(3 * segment_size)};
  const SuperFrame frame = test::build(recipe);
  static_assert(40 + 3 * segment_size + rest <= 0xffff);
  ASSERT_GT(frame.bytes.size() + rest, FrameBuffer::max_frame_size);
  const std::vector<Bytes> segments = cut(frame);
  recipe.identification = 4;
  recipe.sequence = 1 + 3 * segment_size;
  recipe.payload = test::noise(rest);
  const Bytes last = cut(test::build(recipe)).front();
  Joining joining;
  ASSERT_TRUE(joining.begin(segments[0]));
  ASSERT_TRUE(joining.append(segments[1]));
  ASSERT_TRUE(joining.append(segments[2]));
  EXPECT_FALSE(joining.append(last));
}

TEST(Joiner, OnlyPlainTcpWithPayloadIsBegun) {
  Joining joining;
  EXPECT_FALSE(joining.begin(cut(test::build({.kind = TransportKind::udp})).front()));
  EXPECT_FALSE(joining.begin(cut(test::build({.payload = {}})).front()));
  for (const int flags : {0, 0x02 | flag::ack, 0x04 | flag::ack, 0x20 | flag::ack}) {
    const auto frame = test::build({.tcp_flags = static_cast<std::uint8_t>(flags)});
    EXPECT_FALSE(joining.begin(cut(frame).front())) << flags;
  }
  Bytes padded = cut(test::build({.payload = test::noise(3)})).front();
  padded.resize(60);
  EXPECT_FALSE(joining.begin(padded));

  const SuperFrame unfinished = test::build({.payload = test::noise(3'000)});
  const auto buffer = std::make_unique<FrameBuffer>();
  test::fill(*buffer, unfinished.bytes);
  buffer->set_offload(unfinished.offload);
  Joiner joiner;
  EXPECT_FALSE(joiner.begin(*buffer));
}

}  // namespace joining_test
}  // namespace tapswitch
