// SPDX-License-Identifier: Apache-2.0
#include "switch/system/socket_address.hpp"

#include <string>

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

}  // namespace socket_address_test
}  // namespace tapswitch
