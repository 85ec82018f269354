// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/vlan_change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapswitch::tapctl {
namespace vlan_change_test {

const Json trunk = {{"mode", "trunk"},
                    {"native", 1},
                    {"native_tagged", true},
                    {"allowed", "10,20"},
                    {"acceptable", "all"}};
const Json access = {{"mode", "access"}, {"pvid", 10}, {"acceptable", "all"}};
const Json tunnel = {
    {"mode", "dot1q-tunnel"}, {"pvid", 100}, {"ethertype", "0x88a8"}, {"acceptable", "all"}};

std::string mismatch_of(const Json& present, const Json& change) {
  try {
    changed_vlan("alice", present, change);
  } catch (const ModeMismatch& error) {
    return error.what();
  }
  return "";
}

TEST(VlanChange, WhatIsNotNamedStays) {
  Json expected = trunk;
  expected["native"] = 20;
  EXPECT_EQ(changed_vlan("alice", trunk, {{"native", 20}}), expected);
  expected["allowed"] = "30";
  EXPECT_EQ(changed_vlan("alice", trunk, {{"native", 20}, {"allowed", "30"}}), expected);
}

TEST(VlanChange, MemberOfEveryModeSuitsAll) {
  for (const Json& present : {trunk, access, tunnel}) {
    EXPECT_EQ(changed_vlan("alice", present, {{"acceptable", "tagged"}})["acceptable"], "tagged");
  }
}

TEST(VlanChange, MemberOfAnotherModeIsRefusedWithTheOptionToAdd) {
  EXPECT_EQ(mismatch_of(access, {{"native", 20}}),
            "--native is for a trunk, but port 'alice' is an access port of VLAN 10: add --trunk "
            "VLANS, or --trunk all, to make it a trunk");
  EXPECT_THAT(mismatch_of(tunnel, {{"native_tagged", true}}),
              testing::StartsWith("--native-tagged is for a trunk, but port 'alice' is a "
                                  "dot1q-tunnel port: add --trunk"));
  EXPECT_THAT(mismatch_of(trunk, {{"pvid", 20}}), testing::HasSubstr("say --vlan N"));
  EXPECT_THAT(mismatch_of(trunk, {{"ethertype", "0x8100"}}), testing::HasSubstr("add --tunnel"));
}

TEST(VlanChange, MemberThatOnlyANewerDaemonKnowsIsRefusedToo) {
  EXPECT_THAT(mismatch_of(access, {{"colour", "red"}}), testing::HasSubstr("has no colour"));
}

}  // namespace vlan_change_test
}  // namespace tapswitch::tapctl
