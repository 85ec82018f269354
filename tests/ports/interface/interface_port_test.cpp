// SPDX-License-Identifier: Apache-2.0
// InterfacePort on a real veth: what crosses it and what it leaves alone. Refusals and how an
// interface goes are in the files beside this.
#include "switch/ports/interface/interface_port.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <thread>

#include "switch/frame/checksum.hpp"
#include "switch/system/link_reader.hpp"
#include "tests/ports/interface/interface_port_fixture.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/tunnel_frame.hpp"

namespace tapswitch {
namespace interface_port_test {

using test::FrameBuilder;
using test::RawStation;
using ::testing::HasSubstr;

TEST_F(InterfacePortTest, FramesCrossInBothDirections) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "far0");
  const auto towards_us = FrameBuilder().payload(46).build();
  ASSERT_TRUE(station.send(towards_us));
  FrameBuffer buffer;
  ASSERT_TRUE(receive(*port, buffer));
  EXPECT_EQ(bytes_of(buffer), towards_us);
  EXPECT_TRUE(buffer.offload().is_plain());

  const auto from_us = FrameBuilder().payload(1500).build();
  ASSERT_EQ(send(*port, from_us), SendStatus::sent);
  EXPECT_EQ(station.receive(), from_us);
}

TEST_F(InterfacePortTest, DescriptorNeitherBlocksNorIsInherited) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_TRUE(::fcntl(port->descriptor(0), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(port->descriptor(0), F_GETFD) & FD_CLOEXEC);
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::empty);
}

TEST_F(InterfacePortTest, FrameFitsIfItsPayloadDoesAndOneTagBesides) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "far0");
  const auto tagged = FrameBuilder().tag({.vid = 10}).payload(1500).build();
  EXPECT_EQ(send(*port, tagged), SendStatus::sent);
  EXPECT_EQ(station.receive(), tagged);
  EXPECT_EQ(send(*port, FrameBuilder().tag({.vid = 10}).payload(1501).build()),
            SendStatus::too_long);
}

// The kernel counts such a tag against the MTU, but for segments.
TEST_F(InterfacePortTest, FullSegmentWithAServiceTagArrives) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  const VlanTag service{.type = TagType::service, .vid = 10};
  for (const bool is_ipv6 : {false, true}) {
    RawStation station(*lab_, "far0", is_ipv6 ? ether_type_ipv6 : ether_type_ipv4);
    for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
      test::SuperFrameRecipe recipe{
          .is_ipv6 = is_ipv6, .kind = kind, .tags = {service}, .tcp_option_size = 12};
      const std::size_t headers = test::build(recipe).bytes.size() - recipe.payload.size();
      recipe.payload = test::noise(FrameView::header_size + VlanTag::size + 1'500 - headers);
      test::SuperFrame full = test::without_segmentation(test::build(recipe));
      ASSERT_EQ(full.bytes.size(), 1'518U);
      FrameBuffer buffer;
      test::fill(buffer, full.bytes, full.offload);
      // With its checksum left unfinished, and without.
      ASSERT_EQ(port->send(buffer), SendStatus::sent);
      ASSERT_TRUE(station.receive());
      buffer.finish_checksum();
      ASSERT_EQ(port->send(buffer), SendStatus::sent);
      const auto received = station.receive();
      ASSERT_TRUE(received);
      Offload unfinished = full.offload;
      finish_checksum(full.bytes, unfinished);
      EXPECT_EQ(Bytes(buffer.head().begin(), buffer.head().end()), full.bytes);
      Bytes finished = *received;
      unfinished = full.offload;
      finish_checksum(finished, unfinished);
      EXPECT_EQ(finished, full.bytes);
    }
  }
  // Anything else the kernel refuses for its length.
  EXPECT_EQ(send(*port, FrameBuilder().tag(service).payload(1'497).build()), SendStatus::too_long);
  EXPECT_EQ(send(*port, FrameBuilder().tag(service).payload(1'496).build()), SendStatus::sent);
}

// ENOMEM means so here. "No room now" is another word.
TEST_F(InterfacePortTest, WhatTheKernelWillNeverTakeIsRefused) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  const test::TunnelFrame frame = test::wrap(test::build({.payload = test::noise(20'000)}), {});
  FrameBuffer buffer;
  test::fill(buffer, frame.bytes, frame.offload);
  EXPECT_EQ(port->send(buffer), SendStatus::refused);
}

TEST_F(InterfacePortTest, TagsThatTheKernelTakesOffArePutBack) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "far0");
  const std::vector<std::vector<VlanTag>> stacks = {
      {{.priority = 5, .vid = 10}},
      {{.priority = 3}},
      {{}},
      {{.priority = 7, .drop_eligible = true, .vid = 4094}},
      {{.type = TagType::service, .priority = 1, .vid = 100}},
      {{.type = TagType::service, .vid = 100}, {.priority = 2, .vid = 10}},
      {{.vid = 1}, {.vid = 2}, {.vid = 3}},
  };
  for (const auto& stack : stacks) {
    FrameBuilder builder;
    for (const VlanTag& tag : stack) {
      builder.tag(tag);
    }
    const auto frame = builder.payload(46).build();
    FrameBuffer buffer;
    ASSERT_TRUE(station.send(frame));
    ASSERT_TRUE(receive(*port, buffer));
    EXPECT_EQ(bytes_of(buffer), frame);
    ASSERT_EQ(port->send(buffer), SendStatus::sent);
    EXPECT_EQ(station.receive(), frame);
  }
}

// Between two ports at the ends of a veth: what one sends the other receives.
TEST_F(InterfacePortTest, SuperFramesCrossWholeWithTheirTags) {
  auto port = open(in_lab());
  auto far = open(in_lab("far0"));
  ASSERT_TRUE(port && far);
  for (const auto& tags : {std::vector<VlanTag>{}, {{.priority = 5, .vid = 10}}}) {
    for (const bool is_ipv6 : {false, true}) {
      for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
        test::SuperFrameRecipe recipe;
        recipe.is_ipv6 = is_ipv6;
        recipe.kind = kind;
        recipe.tags = tags;
        recipe.payload = test::noise(kind == TransportKind::tcp ? 60'000 : 30'000);
        const test::SuperFrame sent = test::build(recipe);
        if (!port->offloads().accepts(sent.offload)) {
          continue;  // USO needs Linux 6.4
        }
        FrameBuffer buffer;
        std::ranges::copy(sent.bytes, buffer.space().begin());
        buffer.assign(sent.bytes.size(), sent.offload);
        ASSERT_EQ(port->send(buffer), SendStatus::sent);
        FrameBuffer arrived;
        ASSERT_TRUE(receive(*far, arrived));
        EXPECT_EQ(bytes_of(arrived), sent.bytes);
        EXPECT_TRUE(arrived.offload().needs_checksum);
        EXPECT_EQ(arrived.offload().gso, sent.offload.gso);
        EXPECT_EQ(arrived.offload().segment_size, sent.offload.segment_size);
        EXPECT_EQ(arrived.offload().checksum_start, sent.offload.checksum_start);
        EXPECT_EQ(arrived.offload().checksum_offset, sent.offload.checksum_offset);
        EXPECT_TRUE(test::is_consistent(arrived.head(), arrived.offload()));
      }
    }
  }
}

// Guests send such: the kernel would refuse some, had the buffer not made frames of them.
TEST_F(InterfacePortTest, SuperFrameOfOneSegmentIsSentAsAFrame) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  for (const bool is_ipv6 : {false, true}) {
    for (const TransportKind kind : {TransportKind::tcp, TransportKind::udp}) {
      RawStation station(*lab_, "far0", is_ipv6 ? 0x86dd : 0x0800);
      for (const std::uint16_t size : std::to_array<std::uint16_t>({1, 100, 1'440})) {
        const test::SuperFrame sent = test::build(
            {.is_ipv6 = is_ipv6, .kind = kind, .segment_size = size, .payload = test::noise(size)});
        FrameBuffer buffer;
        test::fill(buffer, sent.bytes, sent.offload);
        ASSERT_TRUE(buffer.check_offload());
        EXPECT_EQ(buffer.offload().gso, GsoKind::none);
        ASSERT_EQ(port->send(buffer), SendStatus::sent) << is_ipv6 << size;
        const auto arrived = station.receive();
        ASSERT_TRUE(arrived);
        EXPECT_EQ(arrived->size(), sent.bytes.size());
      }
    }
  }
}

// The interface refuses segmentation offload: then the kernel cuts.
TEST_F(InterfacePortTest, SuperFrameIsCutByTheKernelForAnInterfaceThatTakesNone) {
  ASSERT_EQ(
      test::shell("ip netns exec " + lab_->name() + " ethtool -K port0 tx off tso off gso off"), 0);
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "far0", 0x0800);
  test::SuperFrameRecipe recipe;
  recipe.payload = test::noise(2 * recipe.segment_size + 100);
  const test::SuperFrame sent = test::build(recipe);
  FrameBuffer buffer;
  std::ranges::copy(sent.bytes, buffer.space().begin());
  buffer.assign(sent.bytes.size(), sent.offload);
  ASSERT_EQ(port->send(buffer), SendStatus::sent);
  for (const std::size_t size :
       {std::size_t{recipe.segment_size}, std::size_t{recipe.segment_size}, std::size_t{100}}) {
    const auto segment = station.receive();
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->size(), sent.headers.payload + size);
    EXPECT_EQ(test::fault_of(*segment, sent.headers), "");
  }
}

TEST_F(InterfacePortTest, PortWithoutOffloadsIsGivenNothingUnfinished) {
  InterfaceOptions options = in_lab();
  options.offloads = {};
  auto port = open(options);
  ASSERT_TRUE(port);
  EXPECT_EQ(port->offloads(), OffloadSet{});
  EXPECT_TRUE(open(in_lab("far0"))->offloads().tso4);
}

TEST_F(InterfacePortTest, NeitherItsOwnFramesNorTheHostsAreHeard) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation far(*lab_, "far0");
  RawStation host(*lab_, "port0");
  const auto ours = FrameBuilder().payload(60).build();
  const auto the_hosts = FrameBuilder().payload(70).build();
  const auto marker = FrameBuilder().payload(80).build();
  ASSERT_EQ(send(*port, ours), SendStatus::sent);
  ASSERT_TRUE(host.send(the_hosts));
  EXPECT_EQ(far.receive(), ours);
  EXPECT_EQ(far.receive(), the_hosts);
  ASSERT_TRUE(far.send(marker));
  FrameBuffer buffer;
  ASSERT_TRUE(receive(*port, buffer));
  EXPECT_EQ(bytes_of(buffer), marker);
}

TEST_F(InterfacePortTest, InterfaceIsPromiscuousForAsLongAsThePortIsOpen) {
  const std::string question = "-d link show dev port0";
  EXPECT_THAT(ip_output(question), HasSubstr("promiscuity 0"));
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  EXPECT_THAT(ip_output(question), HasSubstr("promiscuity 1"));
  port.reset();
  EXPECT_THAT(ip_output(question), HasSubstr("promiscuity 0"));
}

TEST_F(InterfacePortTest, AddressesRoutesAndStateOfTheInterfaceStay) {
  ip("address add 10.0.0.1/24 dev port0");
  ip("route add 192.0.2.0/24 via 10.0.0.2");
  const auto seen = [&] { return ip_output("address show dev port0") + ip_output("route"); };
  const std::string before = seen();
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  ASSERT_EQ(port->host_addresses().size(), 1U);
  EXPECT_EQ(port->host_addresses()[0].to_string(), "10.0.0.1/24");
  EXPECT_EQ(seen(), before);
  port.reset();
  EXPECT_EQ(seen(), before);
}

TEST_F(InterfacePortTest, InterfaceThatIsDownStaysDown) {
  ip("link set port0 down");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  FrameBuffer buffer;
  EXPECT_EQ(port->receive(0, buffer), ReceiveStatus::empty);
  EXPECT_FALSE(port->link().is_up);
  port.reset();
  EXPECT_THAT(ip_output("link show dev port0"), HasSubstr("state DOWN"));
}

TEST_F(InterfacePortTest, MembershipOfABridgeIsTold) {
  EXPECT_FALSE(open(in_lab())->has_master());
  ip("link add bridge type bridge");
  ip("link set port0 master bridge");
  EXPECT_TRUE(open(in_lab())->has_master());
}

TEST_F(InterfacePortTest, LinkIsThatOfTheInterface) {
  ip("link set port0 mtu 1400 address 02:00:00:00:00:77");
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  LinkStatus link = port->link();
  EXPECT_TRUE(link.is_present);
  EXPECT_TRUE(link.is_up);
  EXPECT_TRUE(link.has_carrier);
  EXPECT_EQ(link.interface, "port0");
  EXPECT_NE(link.index, 0);
  EXPECT_EQ(link.mtu, 1400U);
  EXPECT_EQ(link.mac, MacAddress(0x0200'0000'0077));

  ip("link set far0 down");
  EXPECT_TRUE(test::wait_until([&] { return !port->link().has_carrier; }));
  EXPECT_TRUE(port->link().is_up);

  ip("link set port0 down");
  ip("link set port0 name other0");
  ip("link set other0 up");
  ip("link set far0 up");
  wait_until_up("other0");
  EXPECT_EQ(port->link().interface, "other0");
  EXPECT_EQ(port->interface(), "port0");
  RawStation station(*lab_, "far0");
  EXPECT_EQ(send(*port, FrameBuilder().build()), SendStatus::sent);
  EXPECT_TRUE(station.receive());
}

KernelDrops drops_of(Port& port) {
  LinkReader reader;
  return port.read_drops(reader, {});
}

TEST_F(InterfacePortTest, FramesNobodyReadsAreCountedAsDroppedByTheKernel) {
  auto port = open(in_lab());
  ASSERT_TRUE(port);
  RawStation station(*lab_, "far0");
  const auto frame = FrameBuilder().payload(1400).build();
  std::uint64_t drops = 0;
  std::size_t sent = 0;
  for (; drops == 0 && sent < 100'000; ++sent) {
    ASSERT_TRUE(station.send(frame));
    drops = sent % 100 == 0 ? drops_of(*port).ingress : 0;
  }
  EXPECT_GT(drops, 0U);
  EXPECT_GE(drops_of(*port).ingress, drops);  // the kernel forgets what it has told

  FrameBuffer buffer;
  std::size_t received = 0;
  while (port->receive(0, buffer) == ReceiveStatus::received) {
    ++received;
  }
  EXPECT_EQ(received + drops_of(*port).ingress, sent);
}

TEST_F(InterfacePortTest, SeveralThreadsSendWhileOneReceives) {
  constexpr int frames_each = 500;
  auto port = open(in_lab());
  auto far = open(in_lab("far0"));
  ASSERT_TRUE(port && far);
  const auto send_many = [](InterfacePort& from, std::size_t size) {
    for (int i = 0; i < frames_each; ++i) {
      EXPECT_EQ(send(from, FrameBuilder().payload(size).build()), SendStatus::sent);
    }
  };
  std::thread one(send_many, std::ref(*port), 100);
  std::thread other(send_many, std::ref(*port), 200);
  int short_frames = 0;
  int long_frames = 0;
  FrameBuffer buffer;
  for (int i = 0; i < 2 * frames_each && receive(*far, buffer); ++i) {
    (buffer.size() == 114 ? short_frames : long_frames) += 1;
  }
  one.join();
  other.join();
  EXPECT_EQ(short_frames, frames_each);
  EXPECT_EQ(long_frames, frames_each);
}

}  // namespace interface_port_test
}  // namespace tapswitch
