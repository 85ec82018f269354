// SPDX-License-Identifier: Apache-2.0
// vxlan_port_fixture.hpp: a port of VXLAN at an address of its own, and other ends of the network.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/ports/vxlan/vxlan_port.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace vxlan_port_test {

using Bytes = std::vector<std::byte>;
using namespace std::chrono_literals;

constexpr Vni vni = 0x123456;
// Tests in other processes have others, and the next one.
inline const auto udp_port = static_cast<std::uint16_t>(20'000 + 2 * (::getpid() % 6'000));
constexpr MacAddress alice(0x02'00'00'00'00'0a);
constexpr MacAddress bob(0x02'00'00'00'00'0b);
constexpr MacAddress everybody(0xff'ff'ff'ff'ff'ff);

inline SocketAddress at(const std::string& host, std::uint16_t port = udp_port) {
  return *SocketAddress::of_address(host, port);
}

inline Bytes encapsulated(const Bytes& frame, Vni number = vni) {
  Bytes datagram(vxlan_header_size);
  write_vxlan_header(std::span(datagram).first<vxlan_header_size>(), number);
  datagram.insert(datagram.end(), frame.begin(), frame.end());
  return datagram;
}

// Another end of the network.
class VxlanPeer {
 public:
  explicit VxlanPeer(const SocketAddress& address)
      : socket_(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::bind(socket_.get(), address.get(), address.size()), 0);
  }

  void send(const Bytes& datagram, const SocketAddress& to) const {
    EXPECT_EQ(::sendto(socket_.get(), datagram.data(), datagram.size(), 0, to.get(), to.size()),
              static_cast<ssize_t>(datagram.size()));
  }

  // As one message, of which datagrams of that size are made.
  void send_row(const Bytes& row, int datagram_size, const SocketAddress& to) const {
    EXPECT_EQ(
        ::setsockopt(socket_.get(), IPPROTO_UDP, UDP_SEGMENT, &datagram_size, sizeof datagram_size),
        0);
    send(row, to);
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

  [[nodiscard]] bool has_nothing() const { return !wait_until_readable(socket_.get(), 0ms); }

 private:
  UniqueFd socket_;
};

class VxlanPortTest : public testing::Test {
 protected:
  std::unique_ptr<VxlanPort> open(std::vector<SocketAddress> remotes, Vni number = vni) {
    auto port = VxlanPort::open({.vni = number, .local = own_, .remotes = std::move(remotes)});
    EXPECT_TRUE(port) << port.error().message();
    return std::move(*port);
  }

  // Returns what the port says next, waiting for it as a worker does.
  ReceiveStatus next(VxlanPort& port) {
    for (;;) {
      const ReceiveStatus status = port.receive(0, buffer_);
      if (status != ReceiveStatus::empty || !wait_until_readable(port.descriptor(0))) {
        return status;
      }
    }
  }

  SendStatus send(VxlanPort& port, const Bytes& frame, const Offload& offload = {}) {
    fill(buffer_, frame, offload);
    return port.send(buffer_);
  }

  Bytes received() const {
    const auto bytes = buffer_.head();
    return {bytes.begin(), bytes.end()};
  }

  const SocketAddress own_ = at("127.0.0.1");
  const SocketAddress other_ = at("127.0.0.2");
  FrameBuffer buffer_;
};

}  // namespace vxlan_port_test
}  // namespace tapswitch::test
