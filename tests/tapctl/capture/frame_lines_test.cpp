// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/frame_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "switch/capture/pcapng.hpp"

namespace tapswitch::tapctl {
namespace frame_lines_test {

using testing::EndsWith;
using testing::HasSubstr;

// The bytes that a text of hexadecimal digits and spaces stands for.
std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : text) {
    digits += c == ' ' ? "" : std::string(1, c);
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

std::string said_of(const std::string& frame, std::size_t size = 60) {
  return describe_frame(bytes_of(frame), size);
}

// A capture of one port and one frame.
std::string capture_of(const std::string& frame) {
  std::string file;
  pcapng::add_section(file, "test");
  pcapng::add_interface(file, {.name = "sw0/alice", .description = "", .snap_length = 0});
  const std::vector<std::byte> bytes = bytes_of(frame);
  pcapng::add_packet(file, {.interface = 0,
                            .time = std::chrono::seconds(1),
                            .direction = Direction::out,
                            .number = 7,
                            .size = bytes.size(),
                            .bytes = bytes});
  return file;
}

const std::string addresses = "02 00 00 00 00 0b  02 00 00 00 00 0a ";
const std::string udp =
    "45 00 00 1c 00 00 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02  00 35 12 34 00 08 00 00";

TEST(DescribeFrame, SaysWhoTalksToWhomOfWhat) {
  const std::string between = "02:00:00:00:00:0a > 02:00:00:00:00:0b ";
  EXPECT_EQ(said_of(addresses + "08 00 " + udp),
            between + "10.0.0.1:53 > 10.0.0.2:4660 UDP, 60 bytes");
  EXPECT_EQ(said_of(addresses + "81 00 60 0a 08 00 " + udp),
            between + "vlan 10 10.0.0.1:53 > 10.0.0.2:4660 UDP, 60 bytes");
  EXPECT_EQ(said_of(addresses + "88 a8 00 64 81 00 00 0a 88 cc", 90),
            between + "vlan 100 vlan 10 LLDP, 90 bytes");
  EXPECT_EQ(said_of(addresses + "08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 0a 0a 00 00 01 "
                                "00 00 00 00 00 00 0a 00 00 02"),
            between + "ARP who has 10.0.0.2 tell 10.0.0.1, 60 bytes");
  EXPECT_EQ(said_of(addresses + "12 34"), between + "0x1234, 60 bytes");
  EXPECT_EQ(said_of(addresses + "00 26"), between + "LLC, 60 bytes");
}

TEST(DescribeFrame, IsContentWithHoweverLittleIsThere) {
  const std::vector<std::byte> whole = bytes_of(addresses + "81 00 60 0a 08 00 " + udp);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_THAT(describe_frame(std::span(whole).first(size), 60), EndsWith("60 bytes")) << size;
  }
}

TEST(FrameLines, LineHasPortAndDirectionHoweverTheFileComes) {
  const std::string file = capture_of(addresses + "08 00 " + udp);
  FrameLines lines;
  std::string text;
  for (const char each : file) {
    text += lines.lines_of({&each, 1});
  }
  EXPECT_THAT(text, HasSubstr(".000000 sw0/alice out 02:00:00:00:00:0a > "));
  EXPECT_THAT(text, EndsWith("UDP, 42 bytes\n"));
  EXPECT_EQ(FrameLines().lines_of(file), text);
}

TEST(FrameLines, WhatIsBrokenSaysNothingMoreAndTakesNoMemory) {
  FrameLines lines;
  EXPECT_EQ(lines.lines_of(std::string(8, '\0')), "");
  EXPECT_EQ(lines.lines_of(capture_of(addresses + "12 34")), "");
}

}  // namespace frame_lines_test
}  // namespace tapswitch::tapctl
