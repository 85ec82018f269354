// SPDX-License-Identifier: Apache-2.0
// A process knows its own sockets of TCP and UDP by the connections that the kernel made.
#include "switch/system/own_sockets.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {
namespace own_sockets_test {

SocketAddress address_of(const std::string& host, int port) {
  return *SocketAddress::parse("tcp:" + host + ':' + std::to_string(port));
}

// A socket that listens at a port which the kernel has chosen.
struct Listening {
  explicit Listening(const std::string& host) {
    const auto any = address_of(host, 1);
    socket = UniqueFd(::socket(any.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    EXPECT_EQ(::listen(socket.get(), 8), 0) << host;  // binds it to all addresses
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    port = ntohs(name.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(name).sin_port
                                           : reinterpret_cast<sockaddr_in6&>(name).sin6_port);
  }

  UniqueFd socket;
  int port = 0;
};

UniqueFd connect_to(const SocketAddress& address) {
  UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), address.get(), address.size()), 0) << address.to_string();
  return socket;
}

TEST(OwnSockets, ConnectionWithAListenerLeadsHomeByEveryAddressOfThisHost) {
  const Listening listening("0.0.0.0");
  for (const char* host : {"127.0.0.1", "127.0.0.2", "0.0.0.0", "[::ffff:127.0.0.1]"}) {
    const UniqueFd connection = connect_to(address_of(host, listening.port));
    EXPECT_FALSE(leads_home(connection.get())) << host;
    const OwnInternetSocket own(listening.socket.get());
    EXPECT_TRUE(leads_home(connection.get())) << host;
  }
}

TEST(OwnSockets, ListenerOfBothFamiliesIsKnownByBoth) {
  const Listening listening("[::]");
  const OwnInternetSocket own(listening.socket.get());
  EXPECT_TRUE(leads_home(connect_to(address_of("127.0.0.1", listening.port)).get()));
  EXPECT_TRUE(leads_home(connect_to(address_of("[::1]", listening.port)).get()));
}

TEST(OwnSockets, ListenerThatIsGoneIsNotHome) {
  const Listening listening("0.0.0.0");
  const UniqueFd connection = connect_to(address_of("127.0.0.1", listening.port));
  {
    OwnInternetSocket own(listening.socket.get());
    const OwnInternetSocket moved(std::move(own));
    EXPECT_TRUE(leads_home(connection.get()));
  }
  EXPECT_FALSE(leads_home(connection.get()));
}

TEST(OwnSockets, AnotherListenerOfThisHostIsAStranger) {
  const Listening listening("0.0.0.0");
  const Listening stranger("0.0.0.0");
  const OwnInternetSocket own(listening.socket.get());
  EXPECT_FALSE(leads_home(connect_to(address_of("127.0.0.1", stranger.port)).get()));
}

// A socket of UDP is written to where one of TCP may listen, and neither is the other.
TEST(OwnSockets, SocketsOfUdpAreKnownByThemselves) {
  const Listening listening("0.0.0.0");
  const auto address = address_of("127.0.0.1", listening.port);
  const UniqueFd written(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(written.get(), address.get(), address.size()), 0);
  const UniqueFd writing(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(writing.get(), address.get(), address.size()), 0);
  {
    const OwnInternetSocket own(listening.socket.get());
    EXPECT_FALSE(leads_home(writing.get()));
  }
  const OwnInternetSocket own(written.get());
  EXPECT_TRUE(leads_home(writing.get()));
  EXPECT_FALSE(leads_home(connect_to(address).get()));
}

TEST(OwnSockets, WhatIsNotConnectedLeadsNowhere) {
  const Listening listening("0.0.0.0");
  const OwnInternetSocket own(listening.socket.get());
  EXPECT_FALSE(leads_home(listening.socket.get()));
  EXPECT_FALSE(leads_home(-1));
}

}  // namespace own_sockets_test
}  // namespace tapswitch::test
