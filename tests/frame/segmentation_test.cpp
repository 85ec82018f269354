// SPDX-License-Identifier: Apache-2.0
// That the segments equal those of the kernel is proven in
// tests/ports/interface/kernel_segmentation_test.cpp; here stands what must be so in any case.
#include "switch/frame/segmentation.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "switch/frame/octets.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch {
namespace segmentation_test {

namespace flag = test::tcp_flag;
using test::SuperFrame;
using test::SuperFrameRecipe;
using test::wire_size;
using Bytes = std::vector<std::byte>;

std::vector<Bytes> cut(const SuperFrame& frame) { return test::cut(frame.bytes, frame.offload); }

struct Case {
  const char* name;
  SuperFrameRecipe recipe;
  std::vector<std::size_t> payload_sizes;
};

const Case cases[] = {
    {"LastIsShorter", {.payload = test::noise(3'000)}, {1'448, 1'448, 104}},
    {"LastIsFull", {.payload = test::noise(2'896)}, {1'448, 1'448}},
    {"LastIsOneByte", {.payload = test::noise(2'897)}, {1'448, 1'448, 1}},
    {"OneFull", {.payload = test::noise(1'448)}, {1'448}},
    {"OneShort", {.payload = test::noise(10)}, {10}},
    {"NoPayload", {.payload = {}}, {0}},
    {"OddSize", {.segment_size = 999, .payload = test::noise(2'000)}, {999, 999, 2}},
    {"TcpOverIpv6", {.is_ipv6 = true, .payload = test::noise(2'000)}, {1'448, 552}},
    {"TcpOptions", {.tcp_option_size = 12, .payload = test::noise(2'000)}, {1'448, 552}},
    {"Ipv4Options", {.ipv4_option_size = 40, .payload = test::noise(2'000)}, {1'448, 552}},
    {"Ipv6Extensions",
     {.is_ipv6 = true, .extensions = {{0, 8}, {60, 24}}, .payload = test::noise(2'000)},
     {1'448, 552}},
    {"UdpOverIpv4", {.kind = TransportKind::udp, .payload = test::noise(2'000)}, {1'448, 552}},
    {"UdpOverIpv6",
     {.is_ipv6 = true, .kind = TransportKind::udp, .payload = test::noise(2'000)},
     {1'448, 552}},
    {"Tagged", {.tags = {{.vid = 10}}, .payload = test::noise(2'000)}, {1'448, 552}},
    {"DoublyTagged",
     {.tags = {{.type = TagType::service, .vid = 10}, {.vid = 20}}, .payload = test::noise(2'000)},
     {1'448, 552}},
};

TEST(Segmenter, CutsThePayloadIntoPiecesOfTheRightSize) {
  for (const Case& row : cases) {
    const SuperFrame frame = test::build(row.recipe);
    std::vector<std::size_t> sizes;
    Bytes payload;
    for (const Bytes& segment : cut(frame)) {
      ASSERT_GE(segment.size(), frame.headers.payload);
      sizes.push_back(segment.size() - frame.headers.payload);
      payload.insert(payload.end(),
                     segment.begin() + static_cast<std::ptrdiff_t>(frame.headers.payload),
                     segment.end());
    }
    EXPECT_EQ(sizes, row.payload_sizes) << row.name;
    EXPECT_EQ(payload, row.recipe.payload) << row.name;
  }
}

TEST(Segmenter, LengthsAndChecksumsOfEverySegmentAreRight) {
  for (const Case& row : cases) {
    const SuperFrame frame = test::build(row.recipe);
    for (const Bytes& segment : cut(frame)) {
      EXPECT_EQ(test::fault_of(segment, frame.headers), "") << row.name;
    }
  }
}

TEST(Segmenter, NoSegmentIsLargerThanWireSizeSays) {
  for (const Case& row : cases) {
    const SuperFrame frame = test::build(row.recipe);
    std::size_t largest = 0;
    for (const Bytes& segment : cut(frame)) {
      largest = std::max(largest, segment.size());
    }
    EXPECT_EQ(largest, wire_size(frame.bytes, frame.offload)) << row.name;
  }
}

TEST(Segmenter, EachSegmentHasTheNextOfTheNumbers) {
  for (const Case& row : cases) {
    const SuperFrame super = test::build(row.recipe);
    const auto frame = std::make_unique<FrameBuffer>();
    const auto segment = std::make_unique<FrameBuffer>();
    test::fill(*frame, super.bytes);
    frame->set_offload(super.offload);
    frame->find_layout();
    for (const std::uint64_t first : {0U, 7U}) {
      frame->set_number(first);
      std::vector<std::uint64_t> numbers;
      std::vector<std::uint64_t> expected;
      for (Segmenter segments(*frame, super.headers); segments.next(*segment);) {
        numbers.push_back(segment->number());
        expected.push_back(first == 0 ? 0 : first + expected.size());
      }
      EXPECT_EQ(numbers, expected) << row.name;
      EXPECT_EQ(frame->wire_count(), expected.size()) << row.name;
    }
  }
}

TEST(Segmenter, AddressesTagsAndOptionsAreThoseOfTheSuperFrame) {
  for (const Case& row : cases) {
    const SuperFrame frame = test::build(row.recipe);
    const auto network = static_cast<std::ptrdiff_t>(frame.headers.network);
    for (const Bytes& segment : cut(frame)) {
      EXPECT_TRUE(std::equal(segment.begin(), segment.begin() + network, frame.bytes.begin()));
      // Options and extension headers stand between the fixed part of IP and TCP or UDP.
      const auto options = network + (frame.headers.is_ipv6 ? 40 : 20);
      EXPECT_TRUE(std::equal(segment.begin() + options,
                             segment.begin() + static_cast<std::ptrdiff_t>(frame.headers.transport),
                             frame.bytes.begin() + options))
          << row.name;
    }
  }
}

TEST(Segmenter, SequenceNumbersFollowThePayload) {
  const SuperFrame frame = test::build({.sequence = 0xffff'fc00, .payload = test::noise(3'000)});
  std::vector<std::uint32_t> numbers;
  for (const Bytes& segment : cut(frame)) {
    numbers.push_back(load_32(&segment[frame.headers.transport + 4]));
  }
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{0xffff'fc00, 424, 1'872}));
}

TEST(Segmenter, IdentificationsOfIpv4CountUp) {
  for (const auto kind : {TransportKind::tcp, TransportKind::udp}) {
    const SuperFrame frame =
        test::build({.kind = kind, .identification = 0xfffe, .payload = test::noise(5'000)});
    std::vector<std::uint16_t> numbers;
    for (const Bytes& segment : cut(frame)) {
      numbers.push_back(load_16(&segment[frame.headers.network + 4]));
    }
    EXPECT_EQ(numbers, (std::vector<std::uint16_t>{0xfffe, 0xffff, 0, 1}));
  }
}

TEST(Segmenter, FlagsStandOnTheSegmentsTheyBelongTo) {
  struct FlagCase {
    const char* name;
    int flags;
    std::vector<int> expected;
  };
  const FlagCase rows[] = {
      {"AckOnAll", flag::ack, {flag::ack, flag::ack, flag::ack}},
      {"FinOnTheLast", flag::ack | flag::fin, {flag::ack, flag::ack, flag::ack | flag::fin}},
      {"PushOnTheLast", flag::ack | flag::psh, {flag::ack, flag::ack, flag::ack | flag::psh}},
      {"CwrOnTheFirst", flag::ack | flag::cwr, {flag::ack | flag::cwr, flag::ack, flag::ack}},
      {"EachOnItsOwn", 0xff, {0xff & ~(flag::fin | flag::psh), 0x76, 0xff & ~flag::cwr}},
  };
  for (const FlagCase& row : rows) {
    const SuperFrame frame = test::build(
        {.tcp_flags = static_cast<std::uint8_t>(row.flags), .payload = test::noise(3'000)});
    std::vector<int> flags;
    for (const Bytes& segment : cut(frame)) {
      flags.push_back(std::to_integer<int>(segment[frame.headers.transport + 13]));
    }
    EXPECT_EQ(flags, row.expected) << row.name;
  }
}

TEST(Segmenter, SingleSegmentKeepsAllFlags) {
  const SuperFrame frame = test::build({.tcp_flags = 0xff, .payload = test::noise(100)});
  const auto segments = cut(frame);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0][frame.headers.transport + 13], std::byte{0xff});
}

TEST(Segmenter, SingleSegmentKeepsItsIpHeaderEvenIfThatIsWrong) {
  SuperFrame frame = test::build({.payload = test::noise(100)});
  store_16(&frame.bytes[frame.headers.network + 2], 0);
  const Bytes segment = cut(frame).front();
  EXPECT_TRUE(std::equal(segment.begin(),
                         segment.begin() + static_cast<std::ptrdiff_t>(frame.headers.transport),
                         frame.bytes.begin()));
}

TEST(Segmenter, DatagramWhoseChecksumIsZeroSaysAllOnes) {
  SuperFrame frame =
      test::build({.kind = TransportKind::udp, .segment_size = 100, .payload = test::noise(200)});
  // The first datagram with its own checksum in place of two zeroes sums up to all ones.
  const std::size_t field = frame.headers.transport + 6;
  frame.bytes[frame.headers.payload] = frame.bytes[frame.headers.payload + 1] = std::byte{0};
  const Bytes first = cut(frame).front();
  frame.bytes[frame.headers.payload] = first[field];
  frame.bytes[frame.headers.payload + 1] = first[field + 1];
  EXPECT_EQ(load_16(&cut(frame).front()[field]), 0xffff);
}

// The length that IP states is not looked at: Linux does not either, and some senders leave it 0.
TEST(Segmenter, LengthsOfTheSuperFrameMayBeMissing) {
  SuperFrame frame = test::build({.payload = test::noise(3'000)});
  store_16(&frame.bytes[frame.headers.network + 2], 0);
  for (const Bytes& segment : cut(frame)) {
    EXPECT_EQ(test::fault_of(segment, frame.headers), "");
  }
}

TEST(Segmenter, SegmentsHaveRoomForATag) {
  const SuperFrame frame = test::build({});
  const auto super_frame = std::make_unique<FrameBuffer>();
  test::fill(*super_frame, frame.bytes, frame.offload);
  Segmenter segmenter(*super_frame, frame.headers);
  const auto buffer = std::make_unique<FrameBuffer>();
  while (segmenter.next(*buffer)) {
    const std::size_t size = buffer->size();
    buffer->push_tag({.vid = 1});
    EXPECT_EQ(buffer->size(), size + VlanTag::size);
    EXPECT_EQ(buffer->prefix(12).size(), 12U);
  }
}

TEST(Segmenter, LentSuperFrameIsCutAsAWholeOne) {
  for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
    const SuperFrame frame =
        test::build({.kind = kind, .segment_size = 1'111, .payload = test::noise(60'000)});
    test::LentMemory memory;
    const auto super_frame = std::make_unique<FrameBuffer>();
    test::fill_lent(*super_frame, memory, frame.bytes, frame.offload);
    ASSERT_TRUE(super_frame->is_lent());
    const auto buffer = std::make_unique<FrameBuffer>();
    std::vector<Bytes> segments;
    Segmenter segmenter(*super_frame, super_frame->layout().headers().value());
    while (segmenter.next(*buffer)) {
      segments.push_back(test::bytes_of(*buffer));
    }
    EXPECT_EQ(segments, cut(frame));
  }
}

TEST(Segmenter, LeavesTheBufferAloneWhenNoneIsLeft) {
  const SuperFrame frame = test::build({.payload = test::noise(10)});
  const auto super_frame = std::make_unique<FrameBuffer>();
  test::fill(*super_frame, frame.bytes, frame.offload);
  Segmenter segmenter(*super_frame, frame.headers);
  const auto buffer = std::make_unique<FrameBuffer>();
  ASSERT_TRUE(segmenter.next(*buffer));
  const Bytes before(buffer->head().begin(), buffer->head().end());
  EXPECT_FALSE(segmenter.next(*buffer));
  EXPECT_FALSE(segmenter.next(*buffer));
  EXPECT_TRUE(std::ranges::equal(buffer->head(), before));
}

}  // namespace segmentation_test
}  // namespace tapswitch
