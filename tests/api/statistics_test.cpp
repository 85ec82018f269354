// SPDX-License-Identifier: Apache-2.0
// stats.get. The rates are tested in rate_meter_test.cpp.
#include <gtest/gtest.h>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace statistics_test {

class StatisticsApi : public LabFixture {
 protected:
  static constexpr int frame_size = 60;

  Json port(const std::string& name) { return call("stats.get", {{"port", name}})["ports"][name]; }

  // Waits for a counter to get where it should, and tells what else there is.
  Json port_when(const std::string& name, const char* counter, int value) {
    EXPECT_TRUE(wait_until([&] { return port(name)[counter] == value; })) << port(name);
    return port(name);
  }
};

TEST_F(StatisticsApi, FramesAreCountedByKindWhereTheyComeInAndWhereTheyLeave) {
  add_port("a");
  add_port("b");
  RawStation a = station_on("a");
  RawStation b = station_on("b");
  const auto send = [](RawStation& station, MacAddress from, MacAddress to) {
    ASSERT_TRUE(station.send(FrameBuilder().from(from).to(to).build()));
  };
  send(a, alice, broadcast);
  send(a, alice, group);
  send(a, alice, group);
  for (int n = 0; n < 3; ++n) {
    ASSERT_TRUE(b.receive());
  }
  send(b, bob, alice);
  ASSERT_TRUE(a.receive());

  const Json of_a = port_when("a", "out_unicast", 1);
  EXPECT_EQ(of_a["in_octets"], 3 * frame_size);
  EXPECT_EQ(of_a["in_unicast"], 0);
  EXPECT_EQ(of_a["in_multicast"], 2);
  EXPECT_EQ(of_a["in_broadcast"], 1);
  EXPECT_EQ(of_a["out_octets"], frame_size);
  EXPECT_EQ(of_a["drops"], Json::object());

  const Json of_b = port_when("b", "in_unicast", 1);
  EXPECT_EQ(of_b["in_octets"], frame_size);
  EXPECT_EQ(of_b["out_octets"], 3 * frame_size);
  EXPECT_EQ(of_b["out_unicast"], 0);
  EXPECT_EQ(of_b["out_multicast"], 2);
  EXPECT_EQ(of_b["out_broadcast"], 1);
}

TEST_F(StatisticsApi, DropIsCountedByItsReason) {
  add_port("a");
  add_port("b");
  RawStation a = station_on("a");
  ASSERT_TRUE(a.send(FrameBuilder().from(alice).to(bob).tag({.vid = 4095}).build()));
  ASSERT_TRUE(wait_until([this] { return !port("a")["drops"].empty(); }));
  const Json of_a = port("a");
  EXPECT_EQ(of_a["drops"], (Json{{"vlan_reserved", 1}}));
  EXPECT_EQ(of_a["in_octets"], frame_size + 4);
  EXPECT_EQ(of_a["in_unicast"], 0);
  EXPECT_EQ(port("b")["out_octets"], 0);
}

TEST_F(StatisticsApi, FrameThatCannotLeaveIsADropOfTheOtherPort) {
  add_port("a");
  add_port("b", {{"up", false}});
  RawStation a = station_on("a");
  ASSERT_TRUE(a.send(FrameBuilder().from(alice).to(broadcast).build()));
  ASSERT_TRUE(wait_until([this] { return !port("b")["drops"].empty(); }));
  EXPECT_EQ(port("b")["drops"], (Json{{"link_down", 1}}));
  EXPECT_EQ(port("a")["drops"], Json::object());
  EXPECT_EQ(port("a")["in_broadcast"], 1);
}

TEST_F(StatisticsApi, KernelDropsOfAnInterfaceAreThoseOfItsSocket) {
  const std::string interface = unique_interface_name();
  ASSERT_EQ(shell("ip link add " + interface + " type veth peer name far0 netns " + lab_->name()),
            0);
  ASSERT_EQ(shell("ip link set " + interface + " up; ip -n " + lab_->name() + " link set far0 up"),
            0);
  // Nobody receives what comes in.
  network_.find_switch("sw0").engine->receive_later();
  call("port.add", {{"name", "veth"}, {"type", "interface"}, {"interface", interface}});
  RawStation far(*lab_, "far0");
  const auto frame = FrameBuilder().from(alice).to(broadcast).payload(1400).build();
  Json drops = 0;
  for (int sent = 1; drops == 0 && sent < 100'000; ++sent) {
    ASSERT_TRUE(far.send(frame));
    drops = sent % 100 == 0 ? port("veth")["ingress_kernel_drops"] : Json(0);
  }
  EXPECT_GT(drops, 0);
  EXPECT_EQ(port("veth")["egress_kernel_drops"], 0);
  call("port.remove", {{"name", "veth"}});
  ASSERT_EQ(shell("ip link del " + interface), 0);
}

TEST_F(StatisticsApi, SwitchCountsWhatItsForwardingDatabaseDid) {
  add_port("a");
  add_port("b");
  RawStation a = station_on("a");
  RawStation b = station_on("b");
  const auto frame = FrameBuilder().from(alice).to(broadcast).build();
  ASSERT_TRUE(a.send(frame));
  ASSERT_TRUE(b.receive());
  ASSERT_TRUE(b.send(frame));  // alice has moved
  ASSERT_TRUE(a.receive());
  Json counters = call("stats.get", {{"switch", "sw0"}})["switches"]["sw0"];
  EXPECT_EQ(counters["stations"], 1);
  EXPECT_EQ(counters["fdb_added"], 1);
  EXPECT_EQ(counters["fdb_moved"], 1);
  EXPECT_EQ(counters["fdb_aged"], 0);

  tick(std::chrono::steady_clock::now() + std::chrono::hours(1));
  counters = call("stats.get")["switches"]["sw0"];
  EXPECT_EQ(counters["stations"], 0);
  EXPECT_EQ(counters["fdb_aged"], 1);
}

TEST_F(StatisticsApi, PortSwitchOrVlanIsChosen) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw0"}});
  add_port("b", {{"switch", "sw1"}});
  const auto keys = [this](const Json& params) {
    Json chosen = Json::object();
    const Json answer = call("stats.get", params);
    for (const auto& [part, members] : answer.items()) {
      chosen[part] = Json::array();
      for (const auto& [name, counters] : members.items()) {
        chosen[part].push_back(name);
      }
    }
    return chosen;
  };
  EXPECT_EQ(keys(Json::object()), (Json{{"ports", {"a", "b"}}, {"switches", {"sw0", "sw1"}}}));
  EXPECT_EQ(keys({{"port", "b"}}), (Json{{"ports", {"b"}}}));
  EXPECT_EQ(keys({{"switch", "sw1"}}), (Json{{"ports", {"b"}}, {"switches", {"sw1"}}}));
  EXPECT_EQ(keys({{"vlan", 10}}), (Json{{"vlans", {"sw0", "sw1"}}}));
  EXPECT_EQ(keys({{"vlan", 10}, {"switch", "sw1"}}), (Json{{"vlans", {"sw1"}}}));
  EXPECT_EQ(refusal_kind("stats.get", {{"port", "c"}}), "not_found");
  EXPECT_EQ(refusal_kind("stats.get", {{"switch", "sw9"}}), "not_found");
}

TEST_F(StatisticsApi, ChoiceThatContradictsItselfIsRefused) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw0"}});
  EXPECT_EQ(refuse("stats.get", {{"port", "a"}, {"switch", "sw1"}})["data"]["field"], "switch");
  EXPECT_EQ(refuse("stats.rates", {{"port", "a"}, {"switch", "sw1"}})["data"]["field"], "switch");
  // Frames are not counted by port and VLAN at once.
  EXPECT_EQ(refuse("stats.get", {{"port", "a"}, {"vlan", 10}})["data"]["field"], "vlan");
}

TEST_F(StatisticsApi, FramesOfAVlanAreCountedWhereTheyComeIn) {
  add_port("a", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  add_port("b");
  RawStation a = station_on("a");
  RawStation b = station_on("b");
  ASSERT_TRUE(a.send(FrameBuilder().from(alice).to(broadcast).build()));
  ASSERT_TRUE(b.receive());
  EXPECT_EQ(call("stats.get", {{"vlan", 10}})["vlans"]["sw0"],
            (Json{{"in_frames", 1}, {"in_octets", frame_size}}));
  EXPECT_EQ(call("stats.get", {{"vlan", 11}})["vlans"]["sw0"],
            (Json{{"in_frames", 0}, {"in_octets", 0}}));
}

}  // namespace statistics_test
}  // namespace tapswitch::test
