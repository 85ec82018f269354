// SPDX-License-Identifier: Apache-2.0
// Short frames on their way to a port whose far end takes none so short are filled up with zeros,
// for that port alone; and what padding must not be counted in, the checksum of SCTP.
#include <gtest/gtest.h>

#include <algorithm>

#include "switch/frame/checksum.hpp"
#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace padding_test {

constexpr std::size_t least = FrameView::least_wire_size;

// A port as that of a socket or a card is.
PortIndex plug_padded(Lan& lan, const PortRule& rule,
                      const std::optional<OffloadSet>& offloads = std::nullopt) {
  SocketPortPair pair = make_socket_port(1 << 20, offloads);
  pair.port->set_least_frame_size(least);
  return lan.plug(rule, std::move(pair));
}

Bytes padded(Bytes frame) {
  frame.resize(least);
  return frame;
}

// Leaves octets that are not zero where the next frames will be.
void send_noise(Lan& lan) {
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).payload(noise(1'000)).build()));
  for (std::size_t port = 1; port <= 2; ++port) {
    ASSERT_TRUE(lan.cable(port).wait_for_frame());
  }
}

TEST(Padding, ShortFrameIsFilledUpWithZerosForThePortThatWantsIt) {
  Lan lan;
  lan.plug(trunk());
  const PortIndex to = plug_padded(lan, trunk());
  lan.plug(trunk());
  send_noise(lan);
  const std::uint64_t octets = lan.engine().totals(to).out_octets;
  for (const std::size_t size : {0U, 1U, 28U, 45U, 46U, 47U}) {
    const Bytes sent = frame(alice, everybody).payload(size).build();
    ASSERT_TRUE(lan.cable(0).send(sent));
    EXPECT_EQ(lan.cable(1).wait_for_frame(), size < 46 ? padded(sent) : sent) << size;
    EXPECT_EQ(lan.cable(2).wait_for_frame(), sent) << size;
  }
  lan.settle();
  EXPECT_EQ(lan.engine().totals(to).out_octets - octets, 5 * least + 61);
}

TEST(Padding, TagThatIsTakenOffLeavesAFrameOfTheLeastLength) {
  Lan lan;
  lan.plug(trunk());
  plug_padded(lan, access(1));
  plug_padded(lan, trunk());
  send_noise(lan);
  const Bytes sent = frame(alice, everybody).tag({.vid = 1}).payload(42).build();
  ASSERT_EQ(sent.size(), least);
  ASSERT_TRUE(lan.cable(0).send(sent));
  const Bytes bare = frame(alice, everybody).payload(42).build();
  EXPECT_EQ(lan.cable(1).wait_for_frame(), padded(bare));
  // The native VLAN leaves the trunk untagged too.
  EXPECT_EQ(lan.cable(2).wait_for_frame(), padded(bare));
}

TEST(Padding, ChecksumIsFinishedBeforeItIsPadded) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  plug_padded(lan, trunk(), all_offloads);
  const SuperFrame whole = without_segmentation(build({.payload = noise(3)}));
  ASSERT_LT(whole.bytes.size(), least);
  ASSERT_TRUE(lan.cable(0).send(with_header(whole.offload, whole.bytes)));
  Bytes expected = whole.bytes;
  Offload offload = whole.offload;
  finish_checksum(expected, offload);
  EXPECT_EQ(lan.cable(1).wait_for_frame(), with_header({}, padded(expected)));
}

// SCTP of 'size' bytes behind IPv4 as Linux leaves it unfinished on a veth.
constexpr Offload unfinished_sctp{
    .needs_checksum = true, .checksum_start = 34, .checksum_offset = 8};

Bytes sctp_frame(std::size_t size) {
  Bytes ip(20);
  ip[0] = std::byte{0x45};
  ip[3] = static_cast<std::byte>(20 + size);
  ip[8] = std::byte{64};
  ip[9] = std::byte{132};
  const Bytes packet = noise(size);
  ip.insert(ip.end(), packet.begin(), packet.end());
  std::fill_n(ip.begin() + 28, 4, std::byte{});
  return frame(alice, bob).ether_type(0x0800).payload(ip).build();
}

Bytes finished_sctp(Bytes frame, std::size_t size) {
  write_sctp_checksum(std::span(frame).subspan(34, size));
  return frame;
}

TEST(UnfinishedSctp, IsFinishedForAPortThatDoesNotTakeItOverItsOwnOctetsAlone) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  lan.plug(trunk());
  for (const std::size_t size : {12U, 16U, 100U}) {
    // Octets stand behind the packet that are not its own.
    for (const std::size_t more : {0U, 8U}) {
      Bytes sent = sctp_frame(size);
      const Bytes expected = finished_sctp(sent, size);
      sent.insert(sent.end(), more, std::byte{});
      ASSERT_TRUE(lan.cable(0).send(with_header(unfinished_sctp, sent)));
      const auto received = lan.cable(1).wait_for_frame();
      ASSERT_TRUE(received);
      EXPECT_EQ(Bytes(received->begin(), received->end() - static_cast<std::ptrdiff_t>(more)),
                expected);
    }
  }
}

TEST(UnfinishedSctp, CrossesUnfinishedWhereBothEndsTakeIt) {
  Lan lan;
  lan.plug(access(10), all_offloads);
  lan.plug(access(10), all_offloads);
  const Bytes sent = with_header(unfinished_sctp, sctp_frame(100));
  ASSERT_TRUE(lan.cable(0).send(sent));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), sent);
}

TEST(UnfinishedSctp, IsFinishedBeforeItIsPadded) {
  Lan lan;
  lan.plug(access(10), all_offloads);
  plug_padded(lan, access(10), all_offloads);
  ASSERT_TRUE(lan.cable(0).send(with_header(unfinished_sctp, sctp_frame(16))));
  EXPECT_EQ(lan.cable(1).wait_for_frame(),
            with_header({}, padded(finished_sctp(sctp_frame(16), 16))));
}

TEST(UnfinishedSctp, FieldBeyondTheEndIsALie) {
  Lan lan;
  const PortIndex from = lan.plug(access(10), all_offloads);
  lan.plug(access(10));
  ASSERT_TRUE(lan.cable(0).send(with_header(unfinished_sctp, sctp_frame(11))));
  lan.settle();
  EXPECT_EQ(lan.drops(from, DropReason::offload_invalid), 1U);
}

TEST(Padding, LastSegmentOfASuperFrameIsFilledUpToo) {
  Lan lan;
  lan.plug(trunk(), all_offloads);
  plug_padded(lan, trunk());
  const SuperFrame whole = build({.segment_size = 1'000, .payload = noise(1'001)});
  ASSERT_TRUE(lan.cable(0).send(with_header(whole.offload, whole.bytes)));
  const std::vector<Bytes> segments = cut(whole.bytes, whole.offload);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(lan.cable(1).wait_for_frame(), segments[0]);
  EXPECT_EQ(lan.cable(1).wait_for_frame(), padded(segments[1]));
}

}  // namespace padding_test
}  // namespace tapswitch::test
