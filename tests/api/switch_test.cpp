// SPDX-License-Identifier: Apache-2.0
// switch.add, .remove, .list, .get and .set.
#include <gtest/gtest.h>

#include "tests/api/daemon_fixture.hpp"
#include "tests/support/shell.hpp"

namespace tapswitch::test {
namespace switch_test {

class SwitchApi : public DaemonFixture {
 protected:
  std::string interface_ = unique_interface_name("s");
};

TEST_F(SwitchApi, NewSwitchHasTheDefaultsOfTheStandardAndNoPorts) {
  const Json expected = {{"name", "sw1"},
                         {"fdb", {{"ageing_seconds", 300}, {"capacity", 16384}, {"stations", 0}}},
                         {"forward_reserved", Json::array()},
                         {"wire", false},
                         {"ports", 0}};
  EXPECT_EQ(call("switch.add", {{"name", "sw1"}}), expected);
  EXPECT_EQ(call("switch.get", {{"name", "sw1"}}), expected);
}

TEST_F(SwitchApi, ListHasAllInOrderOfTheirNames) {
  call("switch.add", {{"name", "b"}});
  call("switch.add", {{"name", "a"}});
  const Json answer = call("switch.list");
  ASSERT_EQ(answer["switches"].size(), 3U);
  EXPECT_EQ(answer["switches"][0]["name"], "a");
  EXPECT_EQ(answer["switches"][1]["name"], "b");
  EXPECT_EQ(answer["switches"][2]["name"], "sw0");
}

TEST_F(SwitchApi, NameIsTakenOnce) {
  EXPECT_EQ(refusal_kind("switch.add", {{"name", "sw0"}}), "already_exists");
  EXPECT_EQ(refusal_kind("switch.add", {{"name", "sw0"}, {"dry_run", true}}), "already_exists");
}

TEST_F(SwitchApi, RemovedSwitchIsGone) {
  call("switch.remove", {{"name", "sw0"}});
  EXPECT_EQ(refusal_kind("switch.get", {{"name", "sw0"}}), "not_found");
  EXPECT_EQ(refusal_kind("switch.remove", {{"name", "sw0"}}), "not_found");
  EXPECT_EQ(call("switch.add", {{"name", "sw0"}})["ports"], 0);
}

TEST_F(SwitchApi, SwitchWithPortsIsRemovedByForceOnlyAndItsTapsGoAlong) {
  call("port.add", {{"name", interface_}});
  const Json error = refuse("switch.remove", {{"name", "sw0"}});
  EXPECT_EQ(error["data"]["kind"], "in_use");
  EXPECT_EQ(error["data"]["ports"], 1);
  EXPECT_EQ(call("switch.get", {{"name", "sw0"}})["ports"], 1);

  call("switch.remove", {{"name", "sw0"}, {"force", true}});
  EXPECT_EQ(call("port.list")["ports"], Json::array());
  EXPECT_NE(shell("ip link show dev " + interface_ + " >/dev/null 2>&1"), 0);
}

TEST_F(SwitchApi, ForceTakesThePortsOfThatSwitchOnly) {
  call("switch.add", {{"name", "sw1"}});
  call("port.add", {{"name", "kept"}, {"interface", interface_}, {"switch", "sw0"}});
  call("port.add",
       {{"name", "gone"}, {"interface", unique_interface_name("s")}, {"switch", "sw1"}});
  call("switch.remove", {{"name", "sw1"}, {"force", true}});
  const Json answer = call("port.list");
  ASSERT_EQ(answer["ports"].size(), 1U);
  EXPECT_EQ(answer["ports"][0]["name"], "kept");
}

TEST_F(SwitchApi, AgeingIsChangedAndNothingElse) {
  call("switch.set", {{"name", "sw0"}, {"forward_reserved", {"lldp"}}});
  const Json changed = call("switch.set", {{"name", "sw0"}, {"fdb", {{"ageing_seconds", 10}}}});
  EXPECT_EQ(changed["fdb"]["ageing_seconds"], 10);
  EXPECT_EQ(changed["fdb"]["capacity"], 16384);
  EXPECT_EQ(changed["forward_reserved"], Json::array({"lldp"}));
  EXPECT_EQ(call("switch.get", {{"name", "sw0"}}), changed);
}

TEST_F(SwitchApi, ReservedAddressesAreToldByTheirWords) {
  const auto set = [this](const Json& texts) {
    return call("switch.set", {{"name", "sw0"}, {"forward_reserved", texts}})["forward_reserved"];
  };
  EXPECT_EQ(set({"lldp", "01-80-C2-00-00-00", "01:80:c2:00:00:0d"}),
            (Json{"stp", "01:80:c2:00:00:0d", "lldp"}));
  EXPECT_EQ(set({"all", "stp"}), Json::array({"all"}));
  EXPECT_EQ(set(Json::array()), Json::array());
}

TEST_F(SwitchApi, CapacityIsChosenOnceAndForAll) {
  call("switch.add", {{"name", "sw1"}, {"fdb", {{"capacity", 100}}}});
  const Json changed = {{"name", "sw1"}, {"fdb", {{"capacity", 200}, {"ageing_seconds", 10}}}};
  const Json error = refuse("switch.set", changed);
  EXPECT_EQ(error["data"]["kind"], "unsupported");
  EXPECT_EQ(error["data"]["field"], "fdb.capacity");
  const Json fdb = call("switch.get", {{"name", "sw1"}})["fdb"];
  EXPECT_EQ(fdb["capacity"], 100);
  EXPECT_EQ(fdb["ageing_seconds"], 300);

  const Json same = {{"name", "sw1"}, {"fdb", {{"capacity", 100}, {"ageing_seconds", 10}}}};
  EXPECT_EQ(call("switch.set", same)["fdb"]["ageing_seconds"], 10);
}

TEST_F(SwitchApi, NumbersOutOfRangeAreRefused) {
  for (const Json& fdb : {Json{{"ageing_seconds", 0}}, Json{{"ageing_seconds", 1'000'001}},
                          Json{{"capacity", 0}}, Json{{"capacity", 1'048'577}}}) {
    EXPECT_EQ(refusal_kind("switch.add", {{"name", "sw1"}, {"fdb", fdb}}), "invalid_params") << fdb;
  }
}

TEST_F(SwitchApi, WithoutASwitchTheAnswerSaysThatThereIsNone) {
  call("switch.remove", {{"name", "sw0"}});
  EXPECT_EQ(refusal_kind("port.add", {{"name", "x"}}), "not_found");
  EXPECT_EQ(refusal_kind("fdb.list"), "not_found");
  EXPECT_EQ(refusal_kind("vlan.set", {{"vid", 10}, {"name", "x"}}), "not_found");
  EXPECT_EQ(call("stats.get")["ports"], Json::object());
}

TEST_F(SwitchApi, WithSeveralSwitchesTheAnswerAsksWhich) {
  call("switch.add", {{"name", "sw1"}});
  const std::pair<const char*, Json> cases[] = {
      {"port.add", {{"name", "x"}}}, {"vlan.set", {{"vid", 10}, {"name", "x"}}},
      {"fdb.list", Json::object()},  {"fdb.remove", {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}}},
      {"fdb.flush", Json::object()},
  };
  for (const auto& [method, params] : cases) {
    const Json error = refuse(method, params);
    EXPECT_EQ(error["data"]["kind"], "invalid_params") << method;
    EXPECT_EQ(error["data"]["field"], "switch") << method;
    EXPECT_EQ(error["data"]["allowed"], "sw0, sw1") << method;
  }
}

TEST_F(SwitchApi, AtMost4096SwitchesRun) {
  const auto small = [](std::size_t n) {
    return Json{{"name", "n" + std::to_string(n)}, {"fdb", {{"capacity", 1}}}};
  };
  for (std::size_t n = 1; n < network::Network::max_switches; ++n) {
    call("switch.add", small(n));
  }
  const Json error = refuse("switch.add", small(network::Network::max_switches));
  EXPECT_EQ(error["data"]["kind"], "limit_reached");
  EXPECT_EQ(error["data"]["limit"], 4096);
}

}  // namespace switch_test
}  // namespace tapswitch::test
