// SPDX-License-Identifier: Apache-2.0
// A port hands frames over unfinished; the tests see what others get of it. How a frame is cut and
// summed is tested beside that code; here, which port gets what.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <latch>
#include <numeric>

#include "switch/frame/checksum.hpp"
#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace offload_test {

constexpr OffloadSet only_checksums{.checksum = true};
constexpr std::size_t ip_begin = FrameView::header_size;
constexpr std::size_t tcp_begin = ip_begin + 20;
constexpr std::size_t payload_begin = tcp_begin + 20;
constexpr std::size_t tcp_checksum_offset = 16;
constexpr std::size_t segment_size = 1'000;

void put_16(Bytes& bytes, std::size_t offset, std::size_t value) {
  bytes[offset] = static_cast<std::byte>(value >> 8);
  bytes[offset + 1] = static_cast<std::byte>(value & 0xff);
}

// A TCP frame over IPv4 with 'size' bytes of payload and a checksum as its sender leaves it: the
// sum of the pseudo-header.
Bytes tcp_frame(std::size_t size) {
  Bytes headers(40);
  put_16(headers, 0, 0x4500);
  put_16(headers, 2, 40 + size);
  put_16(headers, 8, 0x4006);
  put_16(headers, 12, 0x0a00);
  put_16(headers, 14, 1);
  put_16(headers, 16, 0x0a00);
  put_16(headers, 18, 2);
  ChecksumSum ip;
  ip.add(std::span(headers).first(20));
  put_16(headers, 10, ip.checksum());
  put_16(headers, 32, 0x5010);
  ChecksumSum pseudo;
  pseudo.add(std::span(headers).subspan(12, 8));
  pseudo.add(6);
  pseudo.add(static_cast<std::uint16_t>(20 + size));
  put_16(headers, 36, pseudo.folded());
  headers.resize(40 + size, std::byte{0x5a});
  return frame(alice, bob).ether_type(0x0800).payload(headers).build();
}

constexpr Offload unfinished_checksum{
    .needs_checksum = true, .checksum_start = tcp_begin, .checksum_offset = tcp_checksum_offset};

constexpr Offload super_frame{.needs_checksum = true,
                              .gso = GsoKind::tcp_ipv4,
                              .header_size = payload_begin,
                              .segment_size = segment_size,
                              .checksum_start = tcp_begin,
                              .checksum_offset = tcp_checksum_offset};

bool has_right_checksum(const Bytes& frame) {
  ChecksumSum sum;
  sum.add(std::span(frame).subspan(ip_begin + 12, 8));
  sum.add(6);
  sum.add(static_cast<std::uint16_t>(frame.size() - tcp_begin));
  sum.add(std::span(frame).subspan(tcp_begin));
  return sum.checksum() == 0;
}

TEST(Offload, SuperFrameCrossesUntouchedToAPortThatTakesIt) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk(), all_offloads);
  const Bytes sent = with_header(super_frame, tcp_frame(30'000));
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), sent);
}

TEST(Offload, PortWithoutOffloadsGetsSegmentsThatFitItsMtu) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  const PortIndex to = lan.plug(trunk());
  ASSERT_TRUE(lan.cable(0).send(with_header(super_frame, tcp_frame(2 * segment_size + 300))));
  for (const std::size_t payload : {segment_size, segment_size, std::size_t{300}}) {
    const auto segment = lan.cable(1).wait_for_frame();
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->size(), payload_begin + payload);
    EXPECT_TRUE(has_right_checksum(*segment));
  }
  lan.settle();
  EXPECT_EQ(lan.cable(1).receive(), std::nullopt);
  const PortTotals totals = lan.engine().totals(to);
  EXPECT_EQ(totals.out_frames[static_cast<std::size_t>(AddressKind::unicast)], 3U);
  EXPECT_EQ(totals.out_octets, 3 * payload_begin + 2 * segment_size + 300);
}

TEST(Offload, PortThatTakesChecksumsOnlyGetsFinishedSegments) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk(), only_checksums);
  ASSERT_TRUE(lan.cable(0).send(with_header(super_frame, tcp_frame(2 * segment_size))));
  for (int i = 0; i < 2; ++i) {
    const auto received = lan.cable(1).wait_for_frame();
    ASSERT_TRUE(received);
    ASSERT_EQ(received->size(), offload_header_size + payload_begin + segment_size);
    const Bytes segment(received->begin() + offload_header_size, received->end());
    EXPECT_EQ(*received, with_header(Offload(), segment));
    EXPECT_TRUE(has_right_checksum(segment));
  }
}

TEST(Offload, ChecksumIsFinishedForAPortThatDoesNotTakeIt) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk());
  ASSERT_TRUE(lan.cable(0).send(with_header(unfinished_checksum, tcp_frame(100))));
  const auto received = lan.cable(1).wait_for_frame();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size(), payload_begin + 100);
  EXPECT_TRUE(has_right_checksum(*received));
}

// The segments of a stream as a port without offloads brings them: each finished.
std::vector<Bytes> segments_of_stream(std::size_t count) {
  return cut(tcp_frame(count * segment_size), super_frame);
}

// As many as there are when the worker looks; the first goes by itself, then ever more together.
TEST(Offload, StreamOfAPortWithoutThemLeavesAsSuperFrames) {
  Lan lan;
  const PortIndex from = lan.plug(trunk());
  const PortIndex to = lan.plug(trunk(), all_offloads);
  ASSERT_TRUE(lan.cable(1).send(with_header({}, frame(bob, alice).build())));
  ASSERT_TRUE(lan.cable(0).wait_for_frame());

  const std::vector<Bytes> segments = segments_of_stream(7);
  std::latch all_sent(1);
  lan.pool().worker(0).post([&all_sent] { all_sent.wait(); });
  for (const Bytes& segment : segments) {
    ASSERT_TRUE(lan.cable(0).send(segment));
  }
  all_sent.count_down();
  std::vector<Bytes> arrived;
  for (const std::size_t count : {1U, 2U, 4U}) {
    const auto received = lan.cable(1).wait_for_frame();
    ASSERT_TRUE(received);
    const auto offload = read_offload(std::span(*received).first<offload_header_size>());
    ASSERT_TRUE(offload);
    const Bytes bytes(received->begin() + offload_header_size, received->end());
    EXPECT_EQ(bytes.size(), payload_begin + count * segment_size);
    if (count == 1) {
      EXPECT_EQ(*offload, Offload());
      arrived.push_back(bytes);
      continue;
    }
    EXPECT_EQ(*offload, super_frame);
    std::ranges::copy(cut(bytes, *offload), std::back_inserter(arrived));
  }
  EXPECT_EQ(arrived, segments);
  constexpr auto unicast = static_cast<std::size_t>(AddressKind::unicast);
  EXPECT_EQ(lan.engine().totals(from).in_frames[unicast], 7U);
  EXPECT_EQ(lan.engine().totals(to).out_frames[unicast], 3U);
}

TEST(Offload, NothingOvertakesWhatIsHeldBackToBeContinued) {
  Lan lan;
  lan.plug(trunk());
  lan.plug(trunk(), all_offloads);
  ASSERT_TRUE(lan.cable(1).send(with_header({}, frame(bob, alice).build())));
  ASSERT_TRUE(lan.cable(0).wait_for_frame());

  const std::vector<Bytes> segments = segments_of_stream(3);
  const Bytes broadcast = frame(alice, everybody).build();
  std::latch all_sent(1);
  lan.pool().worker(0).post([&all_sent] { all_sent.wait(); });
  for (const Bytes& sent : {segments[0], segments[1], broadcast, segments[2]}) {
    ASSERT_TRUE(lan.cable(0).send(sent));
  }
  all_sent.count_down();
  for (const Bytes& sent : {segments[0], segments[1], broadcast, segments[2]}) {
    EXPECT_EQ(lan.cable(1).wait_for_frame(), with_header({}, sent));
  }
}

TEST(Offload, FloodGivesEachPortWhatItTakes) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk());
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk());
  const Bytes sent = with_header(super_frame, tcp_frame(2 * segment_size));
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(lan.cable(2).wait_for_frame(), sent);
  for (const std::size_t plain : {1U, 3U}) {
    for (int i = 0; i < 2; ++i) {
      const auto segment = lan.cable(plain).wait_for_frame();
      ASSERT_TRUE(segment);
      EXPECT_EQ(segment->size(), payload_begin + segment_size);
      EXPECT_TRUE(has_right_checksum(*segment));
    }
  }
}

TEST(Offload, TagThatIsPushedOrPoppedKeepsTheHeaderTrue) {
  Lan lan;
  lan.plug(access(10), all_offloads);
  lan.plug(trunk(), all_offloads);
  const Bytes payload = tcp_frame(3 * segment_size);
  ASSERT_TRUE(lan.cable(0).send(with_header(super_frame, payload)));
  Offload moved = super_frame;
  moved.lengthen(VlanTag::size);
  Bytes tagged = payload;
  const Bytes tag{std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{10}};
  tagged.insert(tagged.begin() + FrameView::ether_type_offset, tag.begin(), tag.end());
  EXPECT_EQ(lan.cable(1).wait_for_frame(), with_header(moved, tagged));

  // And back: bob's answer, as tagged on the trunk.
  std::swap_ranges(tagged.begin(), tagged.begin() + MacAddress::size,
                   tagged.begin() + MacAddress::size);
  Bytes untagged = tagged;
  untagged.erase(untagged.begin() + FrameView::ether_type_offset,
                 untagged.begin() + FrameView::header_size + 2);
  ASSERT_TRUE(lan.cable(1).send(with_header(moved, tagged)));
  EXPECT_EQ(lan.cable(0).wait_for_frame(), with_header(super_frame, untagged));
}

// The kernel gives no header size with a checksum alone. A wrapped one it would not take back.
TEST(Offload, TagThatIsPoppedLeavesAnUnknownHeaderSizeUnknown) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(access(10), all_offloads);
  Bytes tagged = tcp_frame(100);
  const Bytes tag{std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{10}};
  tagged.insert(tagged.begin() + FrameView::ether_type_offset, tag.begin(), tag.end());
  Offload moved = unfinished_checksum;
  moved.checksum_start += VlanTag::size;
  ASSERT_TRUE(lan.cable(0).send(with_header(moved, tagged)));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), with_header(unfinished_checksum, tcp_frame(100)));
}

TEST(Offload, SegmentsAreWhatTheMtuIsAbout) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  const PortIndex fits = lan.plug(trunk(), all_offloads);
  lan.engine().set_port_state(fits, {.mtu = 40 + segment_size});
  const PortIndex does_not = lan.plug(trunk(), all_offloads);
  lan.engine().set_port_state(does_not, {.mtu = 40 + segment_size - 1});
  const Bytes sent = with_header(super_frame, tcp_frame(5 * segment_size));
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), sent);
  lan.settle();
  EXPECT_EQ(lan.cable(2).receive(), std::nullopt);
  EXPECT_EQ(lan.drops(fits, DropReason::mtu_exceeded), 0U);
  EXPECT_EQ(lan.drops(does_not, DropReason::mtu_exceeded), 1U);
}

TEST(Offload, HeaderThatLiesIsDroppedWithItsReason) {
  Lan lan;
  const PortIndex from = lan.plug(trunk(), all_offloads);
  lan.plug(trunk(), all_offloads);
  const Bytes frame = tcp_frame(5 * segment_size);
  Offload beyond_the_end = unfinished_checksum;
  beyond_the_end.checksum_start = static_cast<std::uint16_t>(frame.size());
  Offload no_segment = super_frame;
  no_segment.segment_size = 0;
  Offload other_kind = super_frame;
  other_kind.gso = GsoKind::tcp_ipv6;
  Offload no_checksum = super_frame;
  no_checksum.needs_checksum = false;
  std::uint64_t count = 0;
  for (const Offload& lie : {beyond_the_end, no_segment, other_kind, no_checksum}) {
    ASSERT_TRUE(lan.cable(0).send(with_header(lie, frame)));
    ++count;
  }
  Bytes unknown_kind = with_header(super_frame, frame);
  unknown_kind[1] = std::byte{0x7f};
  ASSERT_TRUE(lan.cable(0).send(unknown_kind));
  ASSERT_TRUE(lan.cable(0).send(Bytes(offload_header_size - 1)));
  count += 2;
  // A frame behind them crosses.
  const Bytes good = with_header(super_frame, frame);
  ASSERT_TRUE(lan.cable(0).send(good));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), good);
  EXPECT_EQ(lan.drops(from, DropReason::offload_invalid), count);
}

}  // namespace offload_test
}  // namespace tapswitch::test
