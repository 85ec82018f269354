// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/vlan_set.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace vlan_set_test {

VlanSet set_of(std::string_view text) {
  const auto set = VlanSet::parse(text);
  EXPECT_TRUE(set) << text;
  return set.value_or(VlanSet());
}

TEST(VlanSet, EmptySetHasNoMemberAndNoText) {
  EXPECT_EQ(VlanSet().count(), 0U);
  EXPECT_EQ(VlanSet().to_string(), "");
  EXPECT_EQ(VlanSet::parse(""), VlanSet());
}

TEST(VlanSet, AllMeans1To4094) {
  const VlanSet all = VlanSet::all();
  EXPECT_EQ(all.count(), 4094U);
  EXPECT_FALSE(all.contains(0));
  EXPECT_TRUE(all.contains(1));
  EXPECT_TRUE(all.contains(4094));
  EXPECT_FALSE(all.contains(4095));
  EXPECT_FALSE(all.contains(4096));
  EXPECT_FALSE(all.contains(65'535));
  EXPECT_EQ(all.to_string(), "1-4094");
}

TEST(VlanSet, TextIsMadeCanonical) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "1"},
      {"4094", "4094"},
      {"3,2,1", "1-3"},
      {"1,2", "1-2"},
      {"1-1", "1"},
      {"1-10,5-20", "1-20"},
      {"10,20", "10,20"},
      {"63,64,65", "63-65"},
      {"1-100,200", "1-100,200"},
      {"7,7,7", "7"},
      {"0001", "1"},
      {"1-4094", "1-4094"},
      {"64-127,129", "64-127,129"},
      {"1,63,65,4093-4094", "1,63,65,4093-4094"},
  };
  for (const auto& [text, canonical] : cases) {
    EXPECT_EQ(set_of(text).to_string(), canonical) << text;
  }
}

TEST(VlanSet, OtherTextIsRefused) {
  for (const char* text : {"0",  "4095",  "4096", "65537", "99999999999", "-1",  "1-", "-",  ",",
                           "1,", ",1",    "1,,2", "2-1",   "1-4095",      "0-5", "1 ", " 1", "1, 2",
                           "a",  "1-2-3", "+1",   "1.5",   "0x1",         "all", "1;2"}) {
    EXPECT_EQ(VlanSet::parse(text), std::nullopt) << text;
  }
}

TEST(VlanSet, MembersAreVisitedInAscendingOrder) {
  std::vector<VlanId> members;
  set_of("4094,64,1,63").for_each([&](VlanId vid) { members.push_back(vid); });
  EXPECT_EQ(members, (std::vector<VlanId>{1, 63, 64, 4094}));
}

TEST(VlanSet, IntersectionHasWhatBothHave) {
  EXPECT_EQ(set_of("1-70,200") & set_of("60-300"), set_of("60-70,200"));
  EXPECT_EQ(set_of("1-10") & VlanSet(), VlanSet());
}

TEST(VlanSet, SetOfOneHasThatOne) {
  EXPECT_EQ(VlanSet::of(10), set_of("10"));
  EXPECT_EQ(VlanSet::of(10).count(), 1U);
}

}  // namespace vlan_set_test
}  // namespace tapswitch
