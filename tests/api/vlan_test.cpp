// SPDX-License-Identifier: Apache-2.0
// vlan.list and vlan.set.
#include <gtest/gtest.h>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace {

class VlanApi : public LabFixture {
 protected:
  Json vlans(const Json& params = Json::object()) { return call("vlan.list", params)["vlans"]; }

  // That of one VLAN; null if it is not listed.
  Json vlan(VlanId vid) {
    for (const Json& entry : vlans()) {
      if (entry["vid"] == vid) {
        return entry;
      }
    }
    return nullptr;
  }
};

TEST_F(VlanApi, SwitchThatNobodyToldOfVlansHasNone) { EXPECT_EQ(vlans(), Json::array()); }

TEST_F(VlanApi, VlanThatAPortNamesIsListedWithItsMembers) {
  add_port("a", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("b", {{"vlan", {{"mode", "trunk"}, {"native", 10}, {"allowed", "20,30"}}}});
  add_port("c", {{"vlan", {{"mode", "trunk"}, {"native", 20}, {"native_tagged", true}}}});
  add_port("d", {{"vlan", {{"mode", "dot1q-tunnel"}, {"pvid", 40}}}});

  struct Members {
    VlanId vid;
    Json tagged;
    Json untagged;
  };
  // 'c' is a trunk of all VLANs, so it carries each that another port has named.
  const Members expected[] = {{10, Json::array({"c"}), {"a", "b"}},
                              {20, {"b", "c"}, Json::array()},
                              {30, {"b", "c"}, Json::array()},
                              {40, Json::array({"c"}), Json::array({"d"})}};
  ASSERT_EQ(vlans().size(), std::size(expected)) << vlans();
  for (const Members& members : expected) {
    const Json entry = vlan(members.vid);
    EXPECT_EQ(entry["tagged"], members.tagged) << entry;
    EXPECT_EQ(entry["untagged"], members.untagged) << entry;
    EXPECT_EQ(entry["name"], nullptr) << entry;
    EXPECT_EQ(entry["switch"], "sw0") << entry;
  }
}

TEST_F(VlanApi, DefaultTrunkNamesItsNativeVlanOnly) {
  add_port("a");
  ASSERT_EQ(vlans().size(), 1U);
  EXPECT_EQ(vlan(1)["untagged"], Json::array({"a"}));
}

TEST_F(VlanApi, NameIsGivenChangedAndTakenAway) {
  EXPECT_EQ(call("vlan.set", {{"vid", 10}, {"name", "office"}})["name"], "office");
  EXPECT_EQ(vlan(10)["name"], "office");
  call("vlan.set", {{"vid", 10}, {"name", "lab"}});
  EXPECT_EQ(vlan(10)["name"], "lab");
  EXPECT_EQ(call("vlan.set", {{"vid", 10}, {"name", nullptr}})["name"], nullptr);
  EXPECT_EQ(vlan(10), nullptr);
}

TEST_F(VlanApi, NameMustBeANameAndTheVlanOneOf1To4094) {
  EXPECT_EQ(refuse("vlan.set", {{"vid", 10}, {"name", "a b"}})["data"]["field"], "name");
  EXPECT_EQ(refuse("vlan.set", {{"vid", 4095}, {"name", "a"}})["data"]["field"], "vid");
  EXPECT_EQ(refuse("vlan.set", {{"vid", 10}})["data"]["field"], "name");
}

TEST_F(VlanApi, ListHasTheVlansOfOneSwitchOrOfAll) {
  call("switch.add", {{"name", "sw1"}});
  call("vlan.set", {{"switch", "sw0"}, {"vid", 10}, {"name", "left"}});
  call("vlan.set", {{"switch", "sw1"}, {"vid", 10}, {"name", "right"}});
  EXPECT_EQ(vlans().size(), 2U);
  ASSERT_EQ(vlans({{"switch", "sw1"}}).size(), 1U);
  EXPECT_EQ(vlans({{"switch", "sw1"}})[0]["name"], "right");
  EXPECT_EQ(refusal_kind("vlan.list", {{"switch", "sw9"}}), "not_found");
}

TEST_F(VlanApi, FramesAndStationsOfAVlanAreCounted) {
  add_port("a", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("b", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("c", {{"vlan", {{"mode", "access"}, {"pvid", 20}}}});
  RawStation sender = station_on("a");
  RawStation receiver = station_on("b");
  const auto frame = FrameBuilder().from(alice).to(broadcast).build();
  ASSERT_TRUE(sender.send(frame));
  ASSERT_TRUE(receiver.receive());
  EXPECT_EQ(vlan(10)["in_frames"], 1);
  EXPECT_EQ(vlan(10)["in_octets"], frame.size());
  EXPECT_EQ(vlan(10)["stations"], 1);
  EXPECT_EQ(vlan(20)["in_frames"], 0);
  EXPECT_EQ(vlan(20)["stations"], 0);
}

}  // namespace
}  // namespace tapswitch::test
