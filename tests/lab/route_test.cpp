// SPDX-License-Identifier: Apache-2.0
#include "control/lab/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace route_test {

TEST(Route, WhatIpTakesIsARoute) {
  for (const char* text :
       {"default via 10.0.0.1", "default dev eth0", "10.1.0.0/16 via 10.0.0.1 dev eth0 metric 5",
        "fd00::/64 via fe80::1 dev eth0", "10.9.9.9 dev eth0 src 10.0.0.1", "  default  dev  x "}) {
    EXPECT_TRUE(is_route(text)) << text;
  }
}

TEST(Route, OtherThingsAreNone) {
  for (const char* text : {"", "default", "default via", "default via eth0", "default vai 10.0.0.1",
                           "10.0.0.0/33 dev x", "default dev eth0 dev eth1", "default metric 5",
                           "default via 10.0.0.1; reboot", "default dev eth0 table main",
                           "default via 10.0.0.1 metric -1"}) {
    EXPECT_FALSE(is_route(text)) << text;
  }
}

TEST(Route, WordsAreWithoutSpaces) {
  EXPECT_THAT(route_words("  default  dev x "), ::testing::ElementsAre("default", "dev", "x"));
}

}  // namespace route_test
}  // namespace tapswitch::lab
