// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/mac_address.hpp"

#include <array>

#include <gtest/gtest.h>

namespace tapswitch {
namespace mac_address_test {

TEST(MacAddress, TextIsReadInTheThreeCommonForms) {
  const MacAddress expected(0x02'00'00'00'ab'0f);
  for (const char* text : {"02:00:00:00:ab:0f", "02-00-00-00-AB-0F", "02000000aB0f"}) {
    EXPECT_EQ(MacAddress::parse(text), expected) << text;
  }
}

TEST(MacAddress, OtherTextIsRefused) {
  for (const char* text : {"",
                           "0",
                           "02:00:00:00:00",
                           "02:00:00:00:00:01:",
                           "02:00:00:00:00:0",
                           "02:00:00:00:00:001",
                           "02:00-00:00:00:01",
                           "02 00 00 00 00 01",
                           "02.00.00.00.00.01",
                           "0200.0000.0001",
                           "0g:00:00:00:00:01",
                           "02:00:00:00:00:0g",
                           "+2:00:00:00:00:01",
                           "-2:00:00:00:00:01",
                           " 2:00:00:00:00:01",
                           "0x000000000001",
                           "02000000000",
                           "0200000000010",
                           "02:000000000001",
                           "02:00:00:00:00:01\n",
                           "::::::::::::",
                           "-----------------"}) {
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << text;
  }
}

TEST(MacAddress, TextIsWrittenInLowerCaseWithColons) {
  EXPECT_EQ(MacAddress(0xde'ad'be'ef'00'01).to_string(), "de:ad:be:ef:00:01");
  EXPECT_EQ(MacAddress().to_string(), "00:00:00:00:00:00");
}

TEST(MacAddress, FirstOctetOnTheWireIsTheMostSignificant) {
  constexpr std::array octets = {std::byte{0x02}, std::byte{0x11}, std::byte{0x22},
                                 std::byte{0x33}, std::byte{0x44}, std::byte{0xf5}};
  constexpr MacAddress address = MacAddress::read(octets.data());
  EXPECT_EQ(address.bits(), 0x02'11'22'33'44'f5U);
  std::array<std::byte, MacAddress::size> written{};
  address.write(written.data());
  EXPECT_EQ(written, octets);
}

TEST(MacAddress, BitsBeyondTheAddressAreIgnored) {
  EXPECT_EQ(MacAddress(0xffff'0200'0000'0001), MacAddress(0x0200'0000'0001));
}

TEST(MacAddress, KindsAreTold) {
  EXPECT_FALSE(MacAddress(0x02'00'00'00'00'01).is_group());
  EXPECT_TRUE(MacAddress(0x01'00'5e'00'00'fb).is_group());
  EXPECT_TRUE(MacAddress(0xff'ff'ff'ff'ff'ff).is_group());
  EXPECT_TRUE(MacAddress(0xff'ff'ff'ff'ff'ff).is_broadcast());
  EXPECT_FALSE(MacAddress(0xff'ff'ff'ff'ff'fe).is_broadcast());
  EXPECT_TRUE(MacAddress().is_zero());
  EXPECT_FALSE(MacAddress(1).is_zero());
}

TEST(MacAddress, SixteenAddressesAreReserved) {
  EXPECT_FALSE(MacAddress(0x01'80'c1'ff'ff'ff).is_reserved());
  EXPECT_TRUE(MacAddress(0x01'80'c2'00'00'00).is_reserved());
  EXPECT_TRUE(MacAddress(0x01'80'c2'00'00'0f).is_reserved());
  EXPECT_FALSE(MacAddress(0x01'80'c2'00'00'10).is_reserved());
}

}  // namespace mac_address_test
}  // namespace tapswitch
