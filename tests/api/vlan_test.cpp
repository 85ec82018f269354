// SPDX-License-Identifier: Apache-2.0
// vlan.list and vlan.set.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace vlan_test {

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

TEST_F(VlanApi, PageByPageEachVlanComesExactlyOnce) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw0"}, {"vlan", {{"mode", "trunk"}, {"allowed", "1-5,4094"}}}});
  add_port("b", {{"switch", "sw1"}, {"vlan", {{"mode", "trunk"}, {"allowed", "1,2,3"}}}});
  const Json whole = call("vlan.list");
  ASSERT_EQ(whole["vlans"].size(), 9U);
  EXPECT_EQ(whole["next_cursor"], nullptr);
  for (const std::size_t limit : {1U, 2U, 4U, 9U}) {
    Json joined = Json::array();
    Json params = {{"limit", limit}};
    do {
      const Json page = call("vlan.list", params);
      ASSERT_EQ(page["vlans"].size(), std::min<std::size_t>(limit, 9 - joined.size()));
      joined.insert(joined.end(), page["vlans"].begin(), page["vlans"].end());
      params["cursor"] = page["next_cursor"];
    } while (!params["cursor"].is_null());
    EXPECT_EQ(joined, whole["vlans"]) << limit;
  }
}

TEST_F(VlanApi, PageOfOneSwitchGoesOnInThatSwitch) {
  call("switch.add", {{"name", "sw1"}});
  for (const char* name : {"sw0", "sw1"}) {
    call("vlan.set", {{"switch", name}, {"vid", 10}, {"name", "first"}});
    call("vlan.set", {{"switch", name}, {"vid", 20}, {"name", "second"}});
  }
  Json params = {{"switch", "sw1"}, {"limit", 1}};
  params["cursor"] = call("vlan.list", params)["next_cursor"];
  const Json second = call("vlan.list", params);
  ASSERT_EQ(second["vlans"].size(), 1U);
  EXPECT_EQ(second["vlans"][0]["switch"], "sw1");
  EXPECT_EQ(second["vlans"][0]["vid"], 20);
  EXPECT_EQ(second["next_cursor"], nullptr);
}

TEST_F(VlanApi, CursorBehindTheEndGivesAnEmptyLastPage) {
  add_port("a");
  const Json page = call("vlan.list", {{"cursor", 0x7fff'ffff}});
  EXPECT_EQ(page["vlans"], Json::array());
  EXPECT_EQ(page["next_cursor"], nullptr);
}

TEST_F(VlanApi, PageEndsEarlyWhereVlansHaveManyMembers) {
  const Json trunk = {{"vlan", {{"mode", "trunk"}, {"allowed", "1-4093"}}}};
  const std::size_t ports = 20;
  for (std::size_t n = 0; n < ports; ++n) {
    add_port("p" + std::to_string(n), trunk);
  }
  const Json page = call("vlan.list", {{"limit", 1000}});
  EXPECT_EQ(page["vlans"].size(), 8'192 / ports + 1);
  EXPECT_EQ(page["next_cursor"], 8'192 / ports + 2);
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

}  // namespace vlan_test
}  // namespace tapswitch::test
