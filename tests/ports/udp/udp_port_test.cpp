// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/udp/udp_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "switch/system/link_reader.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/lending_port.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace udp_port_test {

using Bytes = std::vector<std::byte>;

// A socket at a port that the kernel has chosen.
class UdpPeer {
 public:
  explicit UdpPeer(const std::string& host)
      : socket_(::socket(host.starts_with('[') ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        address_(bound_at(host)) {}

  [[nodiscard]] const SocketAddress& address() const { return address_; }

  // False: the kernel has refused.
  [[nodiscard]] bool send(const Bytes& datagram, const SocketAddress& to) const {
    return ::sendto(socket_.get(), datagram.data(), datagram.size(), 0, to.get(), to.size()) ==
           static_cast<ssize_t>(datagram.size());
  }

  // Returns what comes next; nullopt if nothing does.
  [[nodiscard]] std::optional<Bytes> receive() const {
    Bytes datagram(FrameBuffer::max_frame_size + 1);
    if (!wait_until_readable(socket_.get())) {
      return std::nullopt;
    }
    const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    datagram.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return datagram;
  }

 private:
  // Returns the address with the port that the kernel has chosen.
  SocketAddress bound_at(const std::string& host) const {
    const SocketAddress any = *SocketAddress::of_host_and_port(host + ":1");
    sockaddr_storage name{};
    std::copy_n(reinterpret_cast<const std::byte*>(any.get()), any.size(),
                reinterpret_cast<std::byte*>(&name));
    reinterpret_cast<sockaddr_in&>(name).sin_port = 0;  // stands there in that of IPv6 too
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), any.size()), 0);
    socklen_t size = sizeof name;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    const auto port = ntohs(reinterpret_cast<sockaddr_in&>(name).sin_port);
    return *SocketAddress::of_host_and_port(host + ':' + std::to_string(port));
  }

  UniqueFd socket_;
  SocketAddress address_;
};

// Returns an address of this host where nobody receives.
SocketAddress nobody(const std::string& host) { return UdpPeer(host).address(); }

class UdpPortTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { open_towards(peer_.address()); }

  // Opens the port anew.
  void open_towards(const SocketAddress& remote) {
    port_.reset();
    auto port = UdpPort::open({.local = address_, .remote = remote, .mtu = 1'400});
    ASSERT_TRUE(port) << port.error().message();
    port_ = std::move(*port);
  }

  ReceiveStatus receive() { return port_->receive(0, buffer_); }

  // Returns what the port says next, waiting for it as a worker does.
  ReceiveStatus next() {
    for (;;) {
      const ReceiveStatus status = receive();
      if (status != ReceiveStatus::empty || !wait_until_readable(port_->descriptor(0))) {
        return status;
      }
    }
  }

  SendStatus send(const Bytes& frame) {
    fill(buffer_, frame);
    return port_->send(buffer_);
  }

  Bytes received() const {
    const auto bytes = buffer_.head();
    return {bytes.begin(), bytes.end()};
  }

  const std::string host_ = GetParam();
  const UdpPeer peer_{host_};
  const SocketAddress address_ = nobody(host_);
  std::unique_ptr<UdpPort> port_;
  FrameBuffer buffer_;
};

TEST_P(UdpPortTest, EachDatagramIsAFrame) {
  for (const std::size_t size : {0U, 46U, 1'500U, 9'000U, 65'400U}) {
    const Bytes frame = FrameBuilder().payload(size).build();
    ASSERT_TRUE(peer_.send(frame, address_));
    ASSERT_EQ(next(), ReceiveStatus::received) << size;
    EXPECT_EQ(received(), frame);
    EXPECT_EQ(send(frame), SendStatus::sent);
    EXPECT_EQ(peer_.receive(), frame);
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
}

TEST_P(UdpPortTest, LentFrameIsOneDatagram) {
  const Bytes frame = FrameBuilder().payload(1'500).build();
  LentMemory memory;
  fill_lent(buffer_, memory, frame);
  EXPECT_EQ(port_->send(buffer_), SendStatus::sent);
  EXPECT_EQ(peer_.receive(), frame);
}

TEST_P(UdpPortTest, EmptyAndShortDatagramsAreRuntsForTheSwitchToCount) {
  for (const std::size_t size : {0U, 1U, 13U}) {
    ASSERT_TRUE(peer_.send(Bytes(size), address_));
    ASSERT_EQ(next(), ReceiveStatus::received);
    EXPECT_EQ(received(), Bytes(size));
  }
}

TEST_P(UdpPortTest, LongestDatagramComesInWhole) {
  const std::size_t longest = host_.starts_with('[') ? 65'527 : 65'507;
  const Bytes frame = FrameBuilder().payload(longest - FrameView::header_size).build();
  ASSERT_EQ(frame.size(), longest);
  ASSERT_TRUE(peer_.send(frame, address_));
  ASSERT_EQ(next(), ReceiveStatus::received);
  EXPECT_EQ(received(), frame);
  EXPECT_EQ(send(frame), SendStatus::sent);
  EXPECT_EQ(peer_.receive(), frame);
}

// The kernel notes it as an error of the socket too, of which nothing more is to be told.
TEST_P(UdpPortTest, FrameThatIsTooLongForADatagramIsSaidAndNothingElse) {
  const Bytes longest(FrameBuffer::max_frame_size);
  EXPECT_EQ(send(longest), SendStatus::too_long);
  EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent);
  EXPECT_EQ(peer_.receive(), FrameBuilder().build());
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(0)));
}

TEST_P(UdpPortTest, WhatStrangersSendIsSaidToBeForeign) {
  const Bytes frame = FrameBuilder().build();
  const UdpPeer stranger(host_);
  ASSERT_TRUE(stranger.send(frame, address_));
  EXPECT_EQ(next(), ReceiveStatus::foreign);
  EXPECT_EQ(received(), frame);
  ASSERT_TRUE(peer_.send(frame, address_));
  EXPECT_EQ(next(), ReceiveStatus::received);
}

TEST_P(UdpPortTest, FrameThatNobodyTakesIsToldAndThePortGoesOn) {
  const SocketAddress gone = nobody(host_);
  open_towards(gone);
  const Bytes frame = FrameBuilder().build();
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(send(frame), SendStatus::sent);
    ASSERT_EQ(next(), ReceiveStatus::unsent) << turn;
    EXPECT_EQ(port_->unsent_status(), SendStatus::link_down);
    EXPECT_EQ(receive(), ReceiveStatus::empty);
  }
  EXPECT_TRUE(port_->link().has_carrier);
}

// Whoever sends next hears of the one before, and the worker that receives hears of it all the
// same.
TEST_P(UdpPortTest, FrameBehindOneThatNobodyTookLeaves) {
  open_towards(nobody(host_));
  for (int count = 0; count < 3; ++count) {
    EXPECT_EQ(send(FrameBuilder().build()), SendStatus::sent) << count;
  }
  for (int count = 0; count < 3; ++count) {
    EXPECT_EQ(next(), ReceiveStatus::unsent) << count;
  }
  EXPECT_EQ(receive(), ReceiveStatus::empty);
  EXPECT_FALSE(wait_until_readable(port_->descriptor(0), std::chrono::milliseconds(0)));
}

TEST_P(UdpPortTest, PeerThatDoesNotReadHoldsNobodyUp) {
  const Bytes frame = FrameBuilder().payload(1'500).build();
  for (int count = 0; count < 10'000; ++count) {
    const SendStatus status = send(frame);
    ASSERT_TRUE(status == SendStatus::sent || status == SendStatus::busy) << count;
  }
}

TEST_P(UdpPortTest, WhatTheKernelHasNoRoomForIsCounted) {
  LinkReader reader;
  const Bytes frame(60'000);
  EXPECT_EQ(port_->read_drops(reader, std::nullopt).ingress, 0U);
  for (int count = 0; count < 1'000; ++count) {
    ASSERT_TRUE(peer_.send(frame, address_));
  }
  const std::uint64_t lost = port_->read_drops(reader, std::nullopt).ingress;
  EXPECT_GT(lost, 0U);
  std::uint64_t taken = 0;
  while (receive() == ReceiveStatus::received) {
    ++taken;
  }
  EXPECT_EQ(lost + taken, 1'000U);
  EXPECT_EQ(port_->read_drops(reader, std::nullopt).ingress, lost);
}

TEST_P(UdpPortTest, LinkIsUpAndHasTheMtuThatItWasGiven) {
  const LinkStatus link = port_->link();
  EXPECT_TRUE(link.is_present && link.is_up && link.has_carrier);
  EXPECT_EQ(link.mtu, 1'400U);
  EXPECT_EQ(port_->offloads(), OffloadSet());
}

TEST_P(UdpPortTest, LocalAddressInUseIsRefusedAndSaid) {
  const UdpPeer other(host_);
  const auto second = UdpPort::open({.local = other.address(), .remote = nobody(host_)});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(),
            "cannot receive at local '" + other.address().host_and_port() +
                "': Address already in use (a socket receives there already; 'ss -ulnp' shows "
                "whose)");
}

TEST_P(UdpPortTest, AddressOfAnotherHostIsRefusedAndSaid) {
  const char* const elsewhere = host_.starts_with('[') ? "[2001:db8::1]:9" : "192.0.2.1:9";
  const auto port = UdpPort::open(
      {.local = *SocketAddress::of_host_and_port(elsewhere), .remote = peer_.address()});
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().number, EADDRNOTAVAIL);
  EXPECT_NE(port.error().message().find(elsewhere), std::string::npos);
}

// Two such ports of one switch would hand each other every broadcast, without end.
TEST_P(UdpPortTest, SocketOfThisProcessIsRefused) {
  const auto back = UdpPort::open({.local = nobody(host_), .remote = address_});
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().number, ELOOP);
  // The port's own socket is one, by all addresses of this host.
  const SocketAddress own = nobody(host_);
  const std::string number = own.host_and_port().substr(own.host_and_port().rfind(':'));
  const std::string all = host_.starts_with('[') ? "[::]" : "0.0.0.0";
  const auto itself =
      UdpPort::open({.local = *SocketAddress::of_host_and_port(all + number), .remote = own});
  ASSERT_FALSE(itself);
  EXPECT_EQ(itself.error().number, ELOOP);
}

TEST_P(UdpPortTest, SocketIsHandedOver) {
  UniqueFd copy(::dup(port_->descriptor(0)));
  const auto heir =
      UdpPort::inherit(std::move(copy), {.local = address_, .remote = peer_.address()});
  port_.reset();
  const Bytes frame = FrameBuilder().build();
  ASSERT_TRUE(peer_.send(frame, address_));
  EXPECT_EQ(heir->receive(0, buffer_), ReceiveStatus::received);
  EXPECT_EQ(heir->send(buffer_), SendStatus::sent);
  EXPECT_EQ(peer_.receive(), frame);
}

INSTANTIATE_TEST_SUITE_P(OfEachVersionOfIp, UdpPortTest, testing::Values("127.0.0.1", "[::1]"),
                         [](const auto& value) {
                           return std::string(value.param).starts_with('[') ? "Ipv6" : "Ipv4";
                         });

TEST(UdpPort, BroadcastAddressOfALinkIsRefused) {
  const auto port =
      UdpPort::open({.local = nobody("127.0.0.1"),
                     .remote = *SocketAddress::of_host_and_port("127.255.255.255:9")});
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().number, EACCES);
}

}  // namespace udp_port_test
}  // namespace tapswitch::test
