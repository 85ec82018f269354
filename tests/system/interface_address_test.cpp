// SPDX-License-Identifier: Apache-2.0
#include "switch/system/interface_address.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace interface_address_test {

TEST(InterfaceAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"10.0.0.1/24", "0.0.0.0/0", "255.255.255.255/32", "2001:db8::1/64",
                           "::1/128", "fe80::1/10"}) {
    const auto address = InterfaceAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(InterfaceAddress, WritesTheShortestForm) {
  EXPECT_EQ(InterfaceAddress::parse("2001:0DB8:0:0:0:0:0:1/064")->to_string(), "2001:db8::1/64");
}

TEST(InterfaceAddress, RefusesAnythingElse) {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "10.0.0.1"s, "10.0.0.1/"s, "10.0.0.1/33"s, "10.0.0.1/-1"s, "10.0.0.1/+8"s,
        "10.0.0.1/2 4"s, "10.0.0/24"s, "10.0.0.256/24"s, "/24"s, "::/129"s, "::/256"s, "::g/64"s,
        "10.0.0.1/24/8"s, "10.0.0.1\0/24"s, " 10.0.0.1/24"s, "default"s, "fe80::1%eth0/64"s}) {
    EXPECT_FALSE(InterfaceAddress::parse(text)) << text;
  }
}

TEST(InterfaceAddress, OctetsOfAnotherNumberThanFourOrSixteenAreNoAddress) {
  const std::byte octets[16] = {std::byte{10}};
  EXPECT_TRUE(InterfaceAddress::from_octets(std::span(octets, 4), 32));
  EXPECT_FALSE(InterfaceAddress::from_octets(std::span(octets, 4), 33));
  EXPECT_FALSE(InterfaceAddress::from_octets(std::span(octets, 6), 8));
}

}  // namespace interface_address_test
}  // namespace tapswitch
