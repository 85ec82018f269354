// SPDX-License-Identifier: Apache-2.0
// The port that listens for a virtual machine at a port of TCP, where a peer may reset its
// connection.
#include <sys/socket.h>

#include "switch/ports/socket/stream_port.hpp"
#include "switch/ports/socket/stream_source.hpp"
#include "tests/ports/socket/stream_port_fixture.hpp"

namespace tapswitch::test {
namespace tcp_port_test {

class TcpPortTest : public StreamPortFixture {
 protected:
  // Takes a port of this machine that nobody has.
  void SetUp() override {
    for (int port = 42'000; port < 43'000; ++port) {
      address_ = *SocketAddress::parse("tcp:127.0.0.1:" + std::to_string(port));
      if (auto opened =
              open_qemu_port({.end = QemuOptions::Listen{address_}, .access = {}, .mtu = 0})) {
        port_ = std::move(*opened);
        return;
      }
    }
    FAIL() << "no port is free";
  }
};

TEST_F(TcpPortTest, FramesCrossBothWays) {
  StreamPeer peer = plug_in();
  for (const std::size_t size : {46U, 1500U, 65'544U}) {
    expect_to_cross_both_ways(FrameBuilder().payload(size).build(), peer);
  }
}

TEST_F(TcpPortTest, PeerThatResetsItsConnectionIsGone) {
  StreamPeer peer = plug_in();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(peer.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  peer.close();
  EXPECT_EQ(next(), ReceiveStatus::changed);
  EXPECT_FALSE(has_carrier());
}

TEST_F(TcpPortTest, AddressInUseIsRefusedAndSaid) {
  const auto second =
      open_qemu_port({.end = QemuOptions::Listen{address_}, .access = {}, .mtu = 0});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(),
            "cannot listen on '" + address_.to_string() + "': Address already in use");
}

// Two such ports of one switch would hand each other every broadcast, without end.
TEST_F(TcpPortTest, PortOfThisProcessIsNotConnectedTo) {
  const std::string number = address_.to_string().substr(address_.to_string().rfind(':'));
  for (const char* host : {"127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]"}) {
    auto source = ConnectingSource::open(*SocketAddress::parse("tcp:" + (host + number)),
                                         std::chrono::seconds(60));
    ASSERT_TRUE(source) << host;
    ASSERT_TRUE(wait_until_readable((*source)->descriptor())) << host;
    EXPECT_FALSE((*source)->take().is_open()) << host;
    // The kernel may have said at once that the connection had come about, or not.
    if (wait_until_readable((*source)->descriptor(), std::chrono::milliseconds(100))) {
      EXPECT_FALSE((*source)->take().is_open()) << host;
    }
    EXPECT_EQ(next(), ReceiveStatus::changed) << host;  // it did come about
    while (has_carrier()) {
      ASSERT_NE(next(), ReceiveStatus::empty) << host;
    }
  }
}

}  // namespace tcp_port_test
}  // namespace tapswitch::test
