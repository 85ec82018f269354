// SPDX-License-Identifier: Apache-2.0
#include "control/config/reserved_address.hpp"

#include <gtest/gtest.h>

namespace tapswitch::config {
namespace reserved_address_test {

using Texts = std::vector<std::string>;

std::uint16_t bits_of(const Texts& texts) {
  std::uint16_t bits = 0;
  for (const std::string& text : texts) {
    bits = static_cast<std::uint16_t>(bits | reserved_bits(text));
  }
  return bits;
}

// 802.1Q table 8-1, and for LLDP 802.1AB 7.1.
TEST(ReservedAddress, WordStandsForTheAddressOfItsProtocol) {
  EXPECT_EQ(reserved_bits("stp"), 0x0001);
  EXPECT_EQ(reserved_bits("pause"), 0x0002);
  EXPECT_EQ(reserved_bits("lacp"), 0x0004);
  EXPECT_EQ(reserved_bits("eapol"), 0x0008);
  EXPECT_EQ(reserved_bits("lldp"), 0x4000);
  EXPECT_EQ(reserved_bits("all"), 0xffff);
}

TEST(ReservedAddress, AddressStandsForItselfInEveryWayOfWriting) {
  EXPECT_EQ(reserved_bits("01:80:c2:00:00:0d"), 0x2000);
  EXPECT_EQ(reserved_bits("01-80-C2-00-00-0D"), 0x2000);
  EXPECT_EQ(reserved_bits("0180c200000d"), 0x2000);
}

TEST(ReservedAddress, AddressThatHasAWordIsCalledByIt) {
  EXPECT_EQ(reserved_texts(bits_of({"01:80:c2:00:00:0e", "01:80:c2:00:00:00"})),
            (Texts{"stp", "lldp"}));
}

TEST(ReservedAddress, ListOfEverySingleAddressIsAll) {
  Texts every;
  for (const char digit : std::string("0123456789abcdef")) {
    every.push_back(std::string("01:80:c2:00:00:0") + digit);
  }
  EXPECT_EQ(reserved_texts(bits_of(every)), Texts{"all"});
}

TEST(ReservedAddress, NothingIsTheEmptyList) { EXPECT_EQ(reserved_texts(0), Texts{}); }

TEST(ReservedAddress, EverySetIsReadBackFromItsTexts) {
  for (unsigned bits = 0; bits <= 0xffff; ++bits) {
    const Texts texts = reserved_texts(static_cast<std::uint16_t>(bits));
    ASSERT_EQ(bits_of(texts), bits);
    ASSERT_LE(texts.size(), 16U);  // what its schema allows
  }
}

TEST(ReservedAddress, EveryWordIsKnownToTheReader) {
  for (const std::string& word : reserved_words()) {
    EXPECT_NE(reserved_bits(word), 0) << word;
  }
}

}  // namespace reserved_address_test
}  // namespace tapswitch::config
