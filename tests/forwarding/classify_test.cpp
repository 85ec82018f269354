// SPDX-License-Identifier: Apache-2.0
// The tag with which a frame leaves; which frames are refused is in decide_cases.cpp.
#include <vector>

#include <gtest/gtest.h>

#include "switch/forwarding/decide.hpp"

namespace tapswitch {
namespace classify_test {

// How the only port of a switch, which has 'rule', classifies a frame with 'tag'.
Classification classify_at(const VlanRule& rule, std::optional<VlanTag> tag) {
  const std::vector<std::optional<PortRule>> ports = {PortRule{.vlan = rule}};
  const Snapshot snapshot(SwitchRule{}, ports);
  std::vector<std::byte> bytes(FrameView::header_size);
  MacAddress(2).write(bytes.data());
  MacAddress(4).write(bytes.data() + MacAddress::size);
  if (tag) {
    const auto type = static_cast<std::uint16_t>(tag->type);
    const std::uint16_t information = tag->control_information();
    for (const int octet : {type >> 8, type & 0xff, information >> 8, information & 0xff}) {
      bytes.insert(bytes.end() - 2, static_cast<std::byte>(octet));
    }
  }
  const auto view = FrameView::parse(bytes);
  const auto classification = classify(snapshot, PortIndex{0}, *view);
  EXPECT_TRUE(classification);
  return classification ? *classification : Classification{};
}

TEST(Classify, UntaggedFrameWouldGetACustomerTagWithThePvid) {
  const auto result = classify_at({.mode = PortMode::access, .pvid = 10}, std::nullopt);
  EXPECT_EQ(result.tag, (VlanTag{.type = TagType::customer, .vid = 10}));
  EXPECT_FALSE(result.has_tag);
}

TEST(Classify, TagIsKeptWithTypeAndPriority) {
  const VlanTag tag{.type = TagType::service, .priority = 3, .drop_eligible = true, .vid = 20};
  const auto result = classify_at({}, tag);
  EXPECT_EQ(result.tag, tag);
  EXPECT_TRUE(result.has_tag);
}

TEST(Classify, PriorityTagGetsThePvidAndKeepsTheRest) {
  const VlanTag tag{.type = TagType::service, .priority = 6, .drop_eligible = true, .vid = 0};
  const auto result = classify_at({.mode = PortMode::access, .pvid = 10}, tag);
  VlanTag expected = tag;
  expected.vid = 10;
  EXPECT_EQ(result.tag, expected);
  EXPECT_TRUE(result.has_tag);
}

TEST(Classify, TagOfAVendorsTypeKeepsItsType) {
  const VlanTag tag{.type = TagType::vendor_9200, .priority = 3, .vid = 20};
  const auto result = classify_at({.vendor_type = TagType::vendor_9200}, tag);
  EXPECT_EQ(result.tag, tag);
  EXPECT_TRUE(result.has_tag);
}

TEST(Classify, TunnelPutsATagOfItsTypeInFrontOfAnyOther) {
  for (const TagType type : {TagType::service, TagType::customer, TagType::vendor_9100}) {
    const auto result = classify_at({.mode = PortMode::tunnel, .pvid = 100, .tunnel_type = type},
                                    VlanTag{.priority = 7, .vid = 20});
    EXPECT_EQ(result.tag, (VlanTag{.type = type, .vid = 100}));
    EXPECT_FALSE(result.has_tag);
  }
}

}  // namespace classify_test
}  // namespace tapswitch
