// SPDX-License-Identifier: Apache-2.0
// Tests samples byte by byte, as sflow.org's sFlow version 5 has them.
#include "switch/sampling/sflow_records.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace sflow_records_test {

using std::chrono::milliseconds;

// Returns the datagram as the words that it is of.
std::vector<std::uint32_t> words_of(std::span<const std::byte> datagram) {
  std::vector<std::uint32_t> words;
  EXPECT_EQ(datagram.size() % 4, 0U);
  for (std::size_t i = 0; i + 4 <= datagram.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      word = word << 8 | std::to_integer<std::uint32_t>(datagram[i + j]);
    }
    words.push_back(word);
  }
  return words;
}

std::vector<std::uint32_t> behind_head(std::span<const std::byte> datagram) {
  auto words = words_of(datagram);
  words.erase(words.begin(), words.begin() + 7);
  return words;
}

const IpAddress agent = *IpAddress::parse("192.0.2.1");
// Five bytes, so that three are filled up.
const std::vector<std::byte> five = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                     std::byte{5}};

FlowSample flow_sample(std::span<const std::byte> bytes) {
  return {.sequence = 7,
          .port = 3,
          .rate = 100,
          .pool = 1'234,
          .lost = 2,
          .output = to_several_ports,
          .vid = 10,
          .priority = 5,
          .header = {.size = 1'514, .bytes = bytes}};
}

TEST(SflowRecords, HeadOfADatagram) {
  SflowDatagram datagram;
  datagram.begin(agent, milliseconds(5'000));
  EXPECT_TRUE(datagram.is_empty());
  EXPECT_EQ(words_of(datagram.finish(9)),
            (std::vector<std::uint32_t>{5, 1, 0xc000'0201, 0, 9, 5'000, 0}));
}

TEST(SflowRecords, AgentOfIpv6) {
  SflowDatagram datagram;
  datagram.begin(*IpAddress::parse("2001:db8::1"), milliseconds(0));
  EXPECT_EQ(words_of(datagram.finish(1)),
            (std::vector<std::uint32_t>{5, 2, 0x2001'0db8, 0, 0, 1, 0, 1, 0, 0}));
}

TEST(SflowRecords, FlowSample) {
  SflowDatagram datagram;
  datagram.begin(agent, milliseconds(0));
  ASSERT_TRUE(datagram.add(flow_sample(five)));
  EXPECT_FALSE(datagram.is_empty());
  const std::vector<std::uint32_t> expected = {
      1,     88, 7,  3,     100, 1'234, 2,           3,           0x8000'0000, 2,  // sample
      1,     24, 1,  1'518, 4,   5,     0x0102'0304, 0x0500'0000,                  // sampled_header
      1'001, 16, 10, 5,     10,  5};  // extended_switch
  EXPECT_EQ(behind_head(datagram.finish(1)), expected);
}

TEST(SflowRecords, DiscardedPacket) {
  SflowDatagram datagram;
  datagram.begin(agent, milliseconds(0));
  ASSERT_TRUE(datagram.add(DiscardSample{.sequence = 4,
                                         .port = 3,
                                         .lost = 6,
                                         .input = 3,
                                         .output = 0,
                                         .reason = 265,
                                         .header = {.size = 60, .bytes = five}}));
  const std::vector<std::uint32_t> expected = {5, 64, 4,  0, 3,  6, 3, 0,           265,
                                               1, 1,  24, 1, 64, 4, 5, 0x0102'0304, 0x0500'0000};
  EXPECT_EQ(behind_head(datagram.finish(1)), expected);
}

// A dropped frame of which nothing is left has no header.
TEST(SflowRecords, DiscardedPacketOfNothing) {
  SflowDatagram datagram;
  datagram.begin(agent, milliseconds(0));
  ASSERT_TRUE(datagram.add(DiscardSample{.sequence = 1,
                                         .port = 3,
                                         .lost = 0,
                                         .input = 3,
                                         .output = 0,
                                         .reason = 284,
                                         .header = {.size = 0, .bytes = {}}}));
  const std::vector<std::uint32_t> expected = {5, 56, 1, 0, 3, 0, 3, 0, 284, 1, 1, 16, 1, 4, 4, 0};
  EXPECT_EQ(behind_head(datagram.finish(1)), expected);
}

TEST(SflowRecords, CountersAndName) {
  PortTotals totals;
  totals.in_octets = 0x1'0000'0002;
  totals.in_frames = {11, 12, 13};
  totals.out_octets = 3;
  totals.out_frames = {14, 15, 16};
  totals.drops[static_cast<std::size_t>(DropReason::runt)] = 1;
  totals.drops[static_cast<std::size_t>(DropReason::vlan_not_allowed)] = 2;
  totals.drops[static_cast<std::size_t>(DropReason::busy)] = 4;
  SflowDatagram datagram;
  datagram.begin(agent, milliseconds(0));
  ASSERT_TRUE(datagram.add(
      CounterSample{
          .port = 3, .name = "alice", .is_enabled = true, .has_carrier = true, .totals = totals},
      8));
  const std::vector<std::uint32_t> expected = {
      2,     128, 8, 3,           2,  // sample
      1,     88,  3, 6,           0,          0, 1,  3,  1,  2, 11, 12,
      13,    2,   1, 0xffff'ffff, 0,          3, 14, 15, 16, 4, 0,  1,  // if_counters
      1'005, 12,  5, 0x616c'6963, 0x6500'0000};                         // port_name
  EXPECT_EQ(behind_head(datagram.finish(1)), expected);
}

TEST(SflowRecords, AnySampleHasRoomInAnEmptyDatagramAndNoneInAFullOne) {
  const std::vector<std::byte> longest = noise(most_header_bytes);
  SflowDatagram datagram;
  datagram.begin(*IpAddress::parse("2001:db8::1"), milliseconds(0));
  EXPECT_TRUE(datagram.add(flow_sample(longest)));
  const std::size_t size = datagram.finish(1).size();
  EXPECT_FALSE(datagram.add(flow_sample(longest)));
  EXPECT_EQ(datagram.finish(1).size(), size) << "nothing of it is written";
  while (datagram.add(flow_sample(five))) {
  }
  EXPECT_LE(datagram.finish(1).size(), 1'400U);
}

TEST(SflowRecords, DropsAreErrorsWhereTheFrameWasNone) {
  PortTotals totals;
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    totals.drops[i] = 1;
  }
  const DropTotals drops = drops_of(totals);
  EXPECT_EQ(drops.in_errors, 5U);
  EXPECT_EQ(drops.in_errors + drops.in_discards + drops.out_discards, drop_reason_count);
}

TEST(IpAddress, IsReadAndWritten) {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::"}) {
    EXPECT_EQ(IpAddress::parse(text)->to_string(), text);
  }
  for (const char* text : {"", "192.0.2", "localhost", "2001:db8::1%lo", "[::1]"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

}  // namespace sflow_records_test
}  // namespace tapswitch::test
