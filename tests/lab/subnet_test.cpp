// SPDX-License-Identifier: Apache-2.0
#include "control/lab/subnet.hpp"

#include <gtest/gtest.h>

namespace tapswitch::lab {
namespace subnet_test {

TEST(Subnet, PlacesAreThoseOfSlirp) {
  const Subnet subnet;
  EXPECT_EQ(subnet.to_string(), "10.0.2.0/24");
  EXPECT_EQ(subnet.interface_at(Subnet::router), "10.0.2.2/24");
  EXPECT_EQ(subnet.at(Subnet::resolver), "10.0.2.3");
  EXPECT_EQ(subnet.at(Subnet::first_lease), "10.0.2.15");
  EXPECT_EQ(subnet.at(subnet.last_lease()), "10.0.2.254");
  EXPECT_EQ(subnet.mask(), "255.255.255.0");
}

TEST(Subnet, TextIsReadAndWritten) {
  for (const char* text : {"10.0.0.0/8", "172.16.8.0/21", "192.168.0.32/27"}) {
    ASSERT_TRUE(Subnet::parse(text)) << text;
    EXPECT_EQ(Subnet::parse(text)->to_string(), text);
  }
  EXPECT_EQ(Subnet::parse("10.0.0.0/8")->at(Subnet::parse("10.0.0.0/8")->last_lease()),
            "10.255.255.254");
  EXPECT_EQ(Subnet::parse("192.168.0.32/27")->last_lease(), 30U);
}

TEST(Subnet, WhatIsNoneIsRefused) {
  for (const char* text : {"", "10.0.2.0", "10.0.2.1/24", "10.0.2.0/28", "10.0.2.0/32",
                           "10.0.0.0/7", "0.0.0.0/0", "fd00::/64", "10.0.2.0/24 ", "10.0.2/24"}) {
    EXPECT_FALSE(Subnet::parse(text)) << text;
  }
}

TEST(Subnet, AddressesInItAreFound) {
  const Subnet subnet;
  EXPECT_EQ(subnet.index_of("10.0.2.20/24"), 20U);
  EXPECT_EQ(subnet.index_of("10.0.2.20/32"), 20U);
  EXPECT_EQ(subnet.index_of("10.0.3.20/24"), std::nullopt);
  EXPECT_EQ(subnet.index_of("fd00::20/64"), std::nullopt);
  EXPECT_EQ(subnet.index_of("nonsense"), std::nullopt);
}

}  // namespace subnet_test
}  // namespace tapswitch::lab
