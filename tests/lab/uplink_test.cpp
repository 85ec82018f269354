// SPDX-License-Identifier: Apache-2.0
#include "control/lab/uplink.hpp"

#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace uplink_test {

TEST(Uplink, ForwardIsAtTheLoopbackUnlessItSaysWhere) {
  const auto forward = parse_forward("tcp:8022:vm1:22");
  ASSERT_TRUE(forward);
  EXPECT_EQ(forward->protocol, "tcp");
  EXPECT_EQ(forward->address, "127.0.0.1");
  EXPECT_EQ(forward->port, 8022);
  EXPECT_EQ(forward->node, "vm1");
  EXPECT_EQ(forward->node_port, 22);
  const auto elsewhere = parse_forward("udp:0.0.0.0:5353:dns:53");
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->protocol, "udp");
  EXPECT_EQ(elsewhere->address, "0.0.0.0");
  EXPECT_EQ(elsewhere->port, 5353);
}

TEST(Uplink, WhatIsNoForwardIsRefused) {
  for (const char* text :
       {"", "tcp", "tcp:8022:vm1", "tcp:8022::22", "tcp:0:vm1:22", "tcp:65536:vm1:22",
        "tcp:8022:vm1:0", "tcp:-1:vm1:22", "sctp:8022:vm1:22", "tcp:8022:vm1:22:1:2",
        "tcp:host:8022:vm1:22", "tcp:::1:8022:vm1:22", "tcp:8022:vm1:ssh", "TCP:8022:vm1:22"}) {
    EXPECT_FALSE(parse_forward(text)) << text;
  }
}

TEST(Uplink, PrefixHasSixtyFourBits) {
  EXPECT_TRUE(is_prefix("fd00::/64"));
  EXPECT_TRUE(is_prefix("2001:db8:1:2::/64"));
  for (const char* text : {"", "fd00::", "fd00::/48", "fd00::1/64", "10.0.2.0/24", "fd00::/65"}) {
    EXPECT_FALSE(is_prefix(text)) << text;
  }
  EXPECT_EQ(address_in("fd00::/64", 3), "fd00::3/64");
}

}  // namespace uplink_test
}  // namespace tapswitch::lab
