// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/vlan_tag.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace vlan_tag_test {

TEST(VlanTag, FieldsStandWhereTheStandardPutsThem) {
  const VlanTag tag{.priority = 5, .drop_eligible = true, .vid = 0x123};
  EXPECT_EQ(tag.control_information(), 0b101'1'000100100011);
}

TEST(VlanTag, EveryControlInformationSurvivesReadingAndWriting) {
  for (unsigned bits = 0; bits <= 0xffff; ++bits) {
    const auto tag = VlanTag::from_wire(TagType::service, static_cast<std::uint16_t>(bits));
    ASSERT_EQ(tag.control_information(), bits);
    ASSERT_EQ(tag.type, TagType::service);
  }
}

TEST(VlanTag, OnlyTwoEtherTypesAnnounceOne) {
  EXPECT_TRUE(is_tag_type(0x8100));
  EXPECT_TRUE(is_tag_type(0x88a8));
  EXPECT_FALSE(is_tag_type(0x9100));
  EXPECT_FALSE(is_tag_type(0x0800));
}

}  // namespace vlan_tag_test
}  // namespace tapswitch
