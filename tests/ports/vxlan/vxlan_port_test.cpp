// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vxlan_port.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "switch/system/link_reader.hpp"
#include "tests/ports/vxlan/vxlan_port_fixture.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace {
std::atomic<int> batches_sent = 0;
}

// In place of the C library's: the batches of this program are counted.
extern "C" int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
  ++batches_sent;
  return static_cast<int>(::syscall(SYS_sendmmsg, socket, messages, count, flags));
}

namespace tapswitch::test {
namespace vxlan_port_test {

TEST_F(VxlanPortTest, EachDatagramIsAFrameBehindAHeader) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  for (const std::size_t size : {0U, 46U, 1'500U, 9'000U, 65'400U}) {
    const Bytes frame = FrameBuilder().payload(size).build();
    peer.send(encapsulated(frame), own_);
    ASSERT_EQ(next(*port), ReceiveStatus::received) << size;
    EXPECT_EQ(received(), frame);
    EXPECT_EQ(send(*port, frame), SendStatus::sent);
    EXPECT_EQ(peer.receive(), encapsulated(frame));
  }
  EXPECT_EQ(port->receive(0, buffer_), ReceiveStatus::empty);
}

TEST_F(VxlanPortTest, OverIpv6TheSame) {
  const SocketAddress own = at("::1");
  const VxlanPeer peer(at("::1", static_cast<std::uint16_t>(udp_port + 1)));
  auto port = VxlanPort::open({.vni = vni, .local = own, .remotes = {at("2001:db8::1")}});
  ASSERT_TRUE(port) << port.error().message();
  peer.send(encapsulated(FrameBuilder().build()), own);
  EXPECT_EQ(next(**port), ReceiveStatus::foreign);
  EXPECT_EQ(received(), FrameBuilder().build());
}

TEST_F(VxlanPortTest, LentFrameIsOneDatagram) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const Bytes frame = FrameBuilder().payload(1'500).build();
  LentMemory memory;
  fill_lent(buffer_, memory, frame);
  EXPECT_EQ(port->send(buffer_), SendStatus::sent);
  EXPECT_EQ(peer.receive(), encapsulated(frame));
}

TEST_F(VxlanPortTest, WhatIsNoFrameOfTheNetworkIsSaidToBe) {
  const VxlanPeer peer(other_);
  const VxlanPeer stranger(at("127.0.0.3"));
  const auto port = open({other_});
  const Bytes frame = FrameBuilder().build();
  peer.send({}, own_);
  EXPECT_EQ(next(*port), ReceiveStatus::misencapsulated);
  peer.send(Bytes(60), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::misencapsulated);
  peer.send(encapsulated(frame, vni + 1), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::foreign_vni);
  EXPECT_EQ(received(), frame);
  stranger.send(encapsulated(frame), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::foreign);
  EXPECT_EQ(received(), frame);
}

// Whoever waits for the descriptor would not hear of what has been taken off the socket.
TEST_F(VxlanPortTest, WhatIsBehindALostFrameIsSaidToBeThere) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const Bytes frame = FrameBuilder().build();
  peer.send(Bytes(60), own_);
  peer.send(encapsulated(frame), own_);
  peer.send(encapsulated(frame), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::misencapsulated);
  EXPECT_TRUE(port->has_more(0));
  EXPECT_EQ(port->receive(0, buffer_), ReceiveStatus::more);
  EXPECT_EQ(port->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_FALSE(port->has_more(0));
}

TEST_F(VxlanPortTest, FrameForAllLeavesToAHundredRemotesInOneCall) {
  std::vector<SocketAddress> remotes;
  std::vector<VxlanPeer> peers;
  for (int number = 0; number < 100; ++number) {
    remotes.push_back(at("127.0.1." + std::to_string(number + 1)));
    peers.emplace_back(remotes.back());
  }
  const auto port = open(remotes);
  const Bytes frame = FrameBuilder().to(everybody).build();
  batches_sent = 0;
  EXPECT_EQ(send(*port, frame), SendStatus::sent);
  EXPECT_EQ(batches_sent, 1);
  for (const VxlanPeer& peer : peers) {
    EXPECT_EQ(peer.receive(), encapsulated(frame));
  }
}

TEST_F(VxlanPortTest, FrameForAStationLeavesToTheRemoteThatItIsBehind) {
  const VxlanPeer two(other_);
  const VxlanPeer three(at("127.0.0.3"));
  const auto port = open({other_, at("127.0.0.3")});
  const Bytes for_bob = FrameBuilder().from(alice).to(bob).build();
  EXPECT_EQ(send(*port, for_bob), SendStatus::sent);
  EXPECT_EQ(two.receive(), encapsulated(for_bob));
  EXPECT_EQ(three.receive(), encapsulated(for_bob));
  three.send(encapsulated(FrameBuilder().from(bob).to(everybody).build()), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::received);
  EXPECT_EQ(send(*port, for_bob), SendStatus::sent);
  EXPECT_EQ(three.receive(), encapsulated(for_bob));
  EXPECT_TRUE(two.has_nothing());
  // In another VLAN he is another.
  const Bytes elsewhere = FrameBuilder().from(alice).to(bob).tag({.vid = 7}).build();
  EXPECT_EQ(send(*port, elsewhere), SendStatus::sent);
  EXPECT_EQ(two.receive(), encapsulated(elsewhere));
  EXPECT_EQ(three.receive(), encapsulated(elsewhere));
}

TEST_F(VxlanPortTest, SuperFrameLeavesInOneCall) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const SuperFrame super = build({.payload = noise(40'000)});
  batches_sent = 0;
  EXPECT_EQ(send(*port, super.bytes, super.offload), SendStatus::sent);
  EXPECT_EQ(batches_sent, 1);
  for (const Bytes& segment : cut(super.bytes, super.offload)) {
    EXPECT_EQ(peer.receive(), encapsulated(segment));
  }
  EXPECT_EQ(port->remotes().at(0).out_frames.value(), 28U);
}

TEST_F(VxlanPortTest, SuperFrameWhoseDatagramsHaveNoChecksumLeavesInOneCallToo) {
  const VxlanPeer peer(other_);
  auto port =
      VxlanPort::open({.vni = vni, .local = own_, .remotes = {other_}, .has_checksum = false});
  ASSERT_TRUE(port);
  const SuperFrame super = build({.payload = noise(40'000)});
  batches_sent = 0;
  EXPECT_EQ(send(**port, super.bytes, super.offload), SendStatus::sent);
  EXPECT_EQ(batches_sent, 1);
  for (const Bytes& segment : cut(super.bytes, super.offload)) {
    EXPECT_EQ(peer.receive(), encapsulated(segment));
  }
}

TEST_F(VxlanPortTest, UnfinishedFrameIsFinished) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const SuperFrame whole = without_segmentation(build({.payload = noise(1'000)}));
  EXPECT_EQ(send(*port, whole.bytes, whole.offload), SendStatus::sent);
  const auto datagram = peer.receive();
  ASSERT_TRUE(datagram);
  EXPECT_EQ(fault_of(std::span(*datagram).subspan(vxlan_header_size), whole.headers), "");
}

TEST_F(VxlanPortTest, SegmentsThatCameTogetherAreOneSuperFrame) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const SuperFrame super = build({.payload = noise(40'000)});
  Bytes row;
  std::size_t first = 0;
  for (const Bytes& segment : cut(super.bytes, super.offload)) {
    const Bytes datagram = encapsulated(segment);
    first = first == 0 ? datagram.size() : first;
    row.insert(row.end(), datagram.begin(), datagram.end());
  }
  peer.send_row(row, static_cast<int>(first), own_);
  ASSERT_EQ(next(*port), ReceiveStatus::received);
  EXPECT_EQ(received(), super.bytes);
  EXPECT_EQ(buffer_.offload().gso, super.offload.gso);
  EXPECT_EQ(buffer_.offload().segment_size, super.offload.segment_size);
  EXPECT_EQ(port->receive(0, buffer_), ReceiveStatus::empty);
}

TEST_F(VxlanPortTest, SegmentsThatWaitBehindEachOtherAreOneSuperFrameToo) {
  const VxlanPeer peer(other_);
  const VxlanPeer third(at("127.0.0.3"));
  const auto port = open({other_, at("127.0.0.3")});
  const SuperFrame super = build({.payload = noise(8'000)});
  const auto segments = cut(super.bytes, super.offload);
  ASSERT_EQ(segments.size(), 6U);
  for (const Bytes& segment : segments) {
    peer.send(encapsulated(segment), own_);
  }
  ASSERT_EQ(next(*port), ReceiveStatus::received);
  EXPECT_EQ(received(), super.bytes);
  EXPECT_EQ(port->remotes().at(0).in_frames.value(), 6U);
  // Nothing that another remote sends continues it.
  peer.send(encapsulated(segments[0]), own_);
  third.send(encapsulated(segments[1]), own_);
  ASSERT_EQ(next(*port), ReceiveStatus::more);
  EXPECT_EQ(received(), segments[0]);
  ASSERT_EQ(next(*port), ReceiveStatus::received);
  EXPECT_EQ(received(), segments[1]);
}

TEST_F(VxlanPortTest, DatagramsThatCameTogetherAndAreOfNoStreamAreFrames) {
  const VxlanPeer peer(other_);
  const auto port = open({other_});
  const Bytes frame = FrameBuilder().build();
  Bytes row;
  for (int count = 0; count < 5; ++count) {
    const Bytes datagram = encapsulated(frame, count == 2 ? vni + 1 : vni);
    row.insert(row.end(), datagram.begin(), datagram.end());
  }
  peer.send_row(row, static_cast<int>(encapsulated(frame).size()), own_);
  EXPECT_EQ(next(*port), ReceiveStatus::more);
  EXPECT_EQ(next(*port), ReceiveStatus::more);
  EXPECT_EQ(next(*port), ReceiveStatus::foreign_vni);
  EXPECT_EQ(next(*port), ReceiveStatus::more);
  EXPECT_EQ(next(*port), ReceiveStatus::received);
  EXPECT_EQ(received(), frame);
}

TEST_F(VxlanPortTest, EachOfManyVnisAtOneAddressHasItsOwnAlsoWhenOthersGo) {
  const VxlanPeer peer(other_);
  std::vector<std::unique_ptr<VxlanPort>> ports;
  constexpr Vni count = 100;
  for (Vni number = 0; number < count; ++number) {
    ports.push_back(open({other_}, number * 1'000));
  }
  const auto expect_all = [&] {
    for (Vni number = 0; number < count; ++number) {
      if (ports[number] != nullptr) {
        peer.send(encapsulated(FrameBuilder().payload(46 + number).build(), number * 1'000), own_);
        ASSERT_EQ(next(*ports[number]), ReceiveStatus::received) << number;
        EXPECT_EQ(received(), FrameBuilder().payload(46 + number).build());
      }
    }
  };
  expect_all();
  for (const Vni number : {0U, 50U, 99U, 98U}) {
    ports[number].reset();
  }
  expect_all();
  ports[0] = open({other_}, 0);
  expect_all();
  // One of them counts what is of none.
  ports.resize(2);
  peer.send(encapsulated(FrameBuilder().build(), 77), own_);
  const bool is_at_first = wait_until_readable(ports[0]->descriptor(0), 100ms);
  EXPECT_EQ(next(*ports[is_at_first ? 0 : 1]), ReceiveStatus::foreign_vni);
}

TEST_F(VxlanPortTest, SocketIsHandedOver) {
  const VxlanPeer peer(other_);
  auto one = open({other_}, 1);
  auto two = open({other_}, 2);
  EXPECT_EQ(two->place(), 1U);
  UniqueFd copy(::dup(two->descriptor(0)));
  one->leave_to_other(true);
  two->leave_to_other(true);
  UniqueFd copy_of_one(::dup(one->descriptor(0)));
  one.reset();
  two.reset();
  const VxlanOptions options{.vni = 2, .local = own_, .remotes = {other_}};
  auto heir = VxlanPort::inherit(std::move(copy), 1, options);
  ASSERT_TRUE(heir);
  const Bytes frame = FrameBuilder().build();
  peer.send(encapsulated(frame, 2), own_);
  EXPECT_EQ(next(**heir), ReceiveStatus::received);
  EXPECT_EQ(send(**heir, frame), SendStatus::sent);
  EXPECT_EQ(peer.receive(), encapsulated(frame, 2));
}

TEST_F(VxlanPortTest, AddressInUseIsRefusedAndFreeLater) {
  {
    const VxlanPeer other(own_);
    const auto port = VxlanPort::open({.vni = vni, .local = own_, .remotes = {other_}});
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().number, EADDRINUSE);
  }
  open({other_});
}

TEST_F(VxlanPortTest, SocketOfThisProcessIsRefused) {
  const auto port = open({other_});
  const auto back = VxlanPort::open({.vni = vni, .local = other_, .remotes = {own_}});
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().number, ELOOP);
}

TEST_F(VxlanPortTest, NobodyIsThereUntilOneIsLearned) {
  auto opened = VxlanPort::open({.vni = vni, .local = own_, .learns_remotes = true});
  ASSERT_TRUE(opened);
  VxlanPort& port = **opened;
  const Bytes frame = FrameBuilder().to(everybody).build();
  EXPECT_EQ(send(port, frame), SendStatus::link_down);
  const VxlanPeer peer(other_);
  peer.send(encapsulated(frame), own_);
  EXPECT_EQ(next(port), ReceiveStatus::received);
  EXPECT_EQ(send(port, frame), SendStatus::sent);
  EXPECT_EQ(peer.receive(), encapsulated(frame));
  EXPECT_FALSE(port.remotes().at(0).is_told);
}

TEST_F(VxlanPortTest, StrangersAreLearnedUpToALimit) {
  auto opened = VxlanPort::open({.vni = vni, .local = own_, .learns_remotes = true});
  ASSERT_TRUE(opened);
  VxlanPort& port = **opened;
  const Bytes frame = FrameBuilder().build();
  for (std::size_t number = 0; number < Remotes::most_learned + 3; ++number) {
    const VxlanPeer peer(
        at("127.1." + std::to_string(number / 200) + "." + std::to_string(number % 200 + 1)));
    peer.send(encapsulated(frame), own_);
    EXPECT_EQ(next(port),
              number < Remotes::most_learned ? ReceiveStatus::received : ReceiveStatus::foreign);
  }
  EXPECT_EQ(port.remotes().count(), Remotes::most_learned);
  EXPECT_EQ(port.remotes().not_learned(), 3U);
}

TEST_F(VxlanPortTest, WhatNobodyReceivesIsCountedAndThePortGoesOn) {
  const auto port = open({other_});
  const Bytes frame = FrameBuilder().build();
  for (int count = 0; count < 3; ++count) {
    EXPECT_EQ(send(*port, frame), SendStatus::sent);
  }
  EXPECT_EQ(port->remotes().at(0).out_frames.value(), 3U);
  EXPECT_GE(port->remotes().at(0).refused.value(), 1U);
  EXPECT_EQ(port->remotes().at(0).unsent.value(), 0U);
}

}  // namespace vxlan_port_test
}  // namespace tapswitch::test
