// SPDX-License-Identifier: Apache-2.0
#include "switch/system/socket_address.hpp"

#include <cstring>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tapswitch {
namespace socket_address_test {

TEST(SocketAddress, IsWrittenAsItIsRead) {
  for (const char* text : {"unix:/run/vm1.sock", "unix:/a:b c", "tcp:127.0.0.1:1",
                           "tcp:0.0.0.0:65535", "tcp:[::1]:4711", "tcp:[fe80::1]:4711"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(SocketAddress, KnowsThePathOfAUnixSocketAlone) {
  EXPECT_EQ(SocketAddress::parse("unix:/run/vm1.sock")->path(), "/run/vm1.sock");
  EXPECT_EQ(SocketAddress::of_path("/run/vm1.sock"), SocketAddress::parse("unix:/run/vm1.sock"));
  EXPECT_TRUE(SocketAddress::parse("tcp:127.0.0.1:1")->path().empty());
}

SocketAddress internet_address(const char* text) { return *SocketAddress::of_host_and_port(text); }

TEST(SocketAddress, OfUdpHasNoPrefix) {
  for (const char* text : {"127.0.0.1:1", "[::1]:65535"}) {
    EXPECT_EQ(internet_address(text).host_and_port(), text);
  }
  EXPECT_FALSE(SocketAddress::of_host_and_port("tcp:127.0.0.1:1"));
  EXPECT_FALSE(SocketAddress::of_host_and_port("unix:/a:1"));
  EXPECT_FALSE(SocketAddress::of_host_and_port("127.0.0.1:0"));
}

TEST(SocketAddress, KnowsWhichHostsItIsOf) {
  const auto which = [](const char* text) {
    const SocketAddress address = internet_address(text);
    std::string words;
    words += address.is_of_any_host() ? "any " : "";
    words += address.is_of_many_hosts() ? "many " : "";
    words += address.is_mapped() ? "mapped " : "";
    words += address.is_of_a_link() ? "link " : "";
    return words;
  };
  EXPECT_EQ(which("0.0.0.0:1"), "any ");
  EXPECT_EQ(which("[::]:1"), "any ");
  EXPECT_EQ(which("224.0.0.1:1"), "many ");
  EXPECT_EQ(which("239.255.255.255:1"), "many ");
  EXPECT_EQ(which("255.255.255.255:1"), "many ");
  EXPECT_EQ(which("[ff02::1]:1"), "many ");
  EXPECT_EQ(which("[::ffff:127.0.0.1]:1"), "mapped ");
  EXPECT_EQ(which("[fe80::1]:1"), "link ");
  for (const char* plain :
       {"127.0.0.1:1", "223.255.255.255:1", "240.0.0.1:1", "[::1]:1", "[2001:db8::1]:1"}) {
    EXPECT_EQ(which(plain), "") << plain;
  }
}

TEST(SocketAddress, IsAtOneHostAndPort) {
  const auto is_at = [](const char* own, const char* other) {
    sockaddr_storage its{};
    const SocketAddress address = internet_address(other);
    std::memcpy(&its, address.get(), address.size());
    return internet_address(own).is_at(its);
  };
  for (const char* one : {"127.0.0.1:1", "[::1]:1"}) {
    for (const char* other :
         {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1", "[::1]:1", "[::1]:2", "[::2]:1"}) {
      EXPECT_EQ(is_at(one, other), std::string(one) == other) << one << ' ' << other;
    }
  }
}

TEST(SocketAddress, RefusesWhatIsNoAddress) {
  const std::string longest(SocketAddress::max_path_size - 1, 'x');
  EXPECT_TRUE(SocketAddress::of_path("/" + longest));
  EXPECT_FALSE(SocketAddress::of_path("/" + longest + "x"));
  EXPECT_FALSE(SocketAddress::of_path(std::string("/a\0b", 4)));
  for (const char* text : {"",
                           "unix:",
                           "unix:relative",
                           "/run/vm1.sock",
                           "unix:@abstract",
                           "udp:127.0.0.1:1",
                           "tcp:",
                           "tcp:127.0.0.1",
                           "tcp:127.0.0.1:",
                           "tcp:127.0.0.1:0",
                           "tcp:127.0.0.1:65536",
                           "tcp:127.0.0.1:1x",
                           "tcp:127.0.0.1:-1",
                           "tcp:127.0.0.1:+1",
                           "tcp:localhost:1",
                           "tcp::1",
                           "tcp:::1:1",
                           "tcp:[::1]",
                           "tcp:[::1:1",
                           "tcp:[127.0.0.1]:1",
                           "tcp:127.1:1"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, HostIsAnAddressWithoutItsPort) {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::1", "0.0.0.0"}) {
    const auto address = SocketAddress::of_address(text, 4'789);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host(), text);
    EXPECT_EQ(address->port(), 4'789);
    EXPECT_EQ(address->with_port(7).port(), 7);
    EXPECT_EQ(address->with_port(7).host(), text);
  }
  for (const char* none : {"", "192.0.2.1:1", "[::1]", "::1%lo", "host", "192.0.2", "1.2.3.4.5"}) {
    EXPECT_FALSE(SocketAddress::of_address(none, 1)) << none;
  }
}

TEST(SocketAddress, IsOnItsHostWhateverThePort) {
  const auto raw_of = [](const SocketAddress& address) {
    sockaddr_storage raw{};
    std::memcpy(&raw, address.get(), address.size());
    return raw;
  };
  for (const auto& [one, other] :
       {std::pair("192.0.2.1", "192.0.2.2"), std::pair("2001:db8::1", "2001:db8::2"),
        std::pair("192.0.2.1", "::ffff:192.0.2.1")}) {
    const SocketAddress address = *SocketAddress::of_address(one, 1);
    EXPECT_TRUE(address.is_on(raw_of(address.with_port(2))));
    EXPECT_FALSE(address.is_at(raw_of(address.with_port(2))));
    EXPECT_FALSE(address.is_on(raw_of(*SocketAddress::of_address(other, 1))));
    EXPECT_EQ(SocketAddress::of_same_host(raw_of(address), 9), address.with_port(9));
  }
}

}  // namespace socket_address_test
}  // namespace tapswitch
