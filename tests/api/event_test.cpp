// SPDX-License-Identifier: Apache-2.0
// event.subscribe and what is told of switches, ports, VLANs and the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "control/api/in_pieces.hpp"
#include "tests/api/event_fixture.hpp"

namespace tapswitch::test {
namespace event_test {

using testing::ElementsAre;
using testing::IsEmpty;

class EventApi : public EventFixture {};

const Json all_state = {"switch", "port", "vlan", "config"};

TEST_F(EventApi, EachChangeIsToldWithWhatItMade) {
  EXPECT_EQ(subscribe({{"topics", {"switch", "port", "vlan"}}}), (Json{{"subscription", 1}}));
  call("switch.add", {{"name", "sw1"}});
  call("switch.set", {{"name", "sw1"}, {"fdb", {{"ageing_seconds", 5}}}});
  add_port("a", {{"switch", "sw1"}});
  call("port.set", {{"name", "a"}, {"isolated", true}});
  call("vlan.set", {{"switch", "sw1"}, {"vid", 7}, {"name", "lab"}});
  call("vlan.set", {{"switch", "sw1"}, {"vid", 7}, {"name", nullptr}});
  call("port.remove", {{"name", "a"}});
  call("switch.remove", {{"name", "sw1"}});
  const std::vector<Json> events = heard();
  EXPECT_THAT(
      in_short(events),
      ElementsAre("switch added sw1", "switch changed sw1", "port added a", "port changed a",
                  "vlan changed lab", "vlan changed", "port removed a", "switch removed sw1"));
  for (const Json& event : events) {
    EXPECT_EQ(event["switch"], "sw1");
  }
  EXPECT_EQ(events[1]["data"]["fdb"]["ageing_seconds"], 5);
  EXPECT_EQ(events[2]["data"]["state"], "up");
  EXPECT_EQ(events[3]["data"]["isolated"], true);
}

TEST_F(EventApi, SnapshotIsOfOneMomentThoughItIsToldBitByBit) {
  constexpr std::size_t ports = 40;
  for (std::size_t i = 0; i < ports; ++i) {
    add_port("port" + std::to_string(i));
  }
  const std::string line =
      R"({"jsonrpc":"2.0","id":1,"method":"event.subscribe","params":{"snapshot":true}})";
  const std::unique_ptr<rpc::Answering> subscribing = dispatcher_.begin(line);
  std::string said;
  std::size_t bits = 0;
  while (!subscribing->is_over()) {
    said += subscribing->go_on({.outlet = this});
    if (++bits == 4) {
      call("port.remove", {{"name", "port7"}});
      call("port.set", {{"name", "port8"}, {"isolated", true}});
      add_port("port99");
    }
  }
  EXPECT_GT(bits, ports / api::InPieces::at_once);
  const Json told = Json::parse(said)["result"]["snapshot"]["ports"];
  EXPECT_EQ(told.size(), ports);
  for (const Json& port : told) {
    EXPECT_NE(port["name"], "port99");
    EXPECT_EQ(port["isolated"], false);
  }
  EXPECT_THAT(in_short(heard()), testing::IsSupersetOf({"port removed port7", "port changed port8",
                                                        "port added port99"}));
}

TEST_F(EventApi, SwitchTakesItsPortsWithIt) {
  add_port("a");
  add_port("b");
  subscribe({{"topics", {"switch", "port"}}});
  call("switch.remove", {{"name", "sw0"}, {"force", true}});
  EXPECT_THAT(in_short(heard()),
              ElementsAre("port removed a", "port removed b", "switch removed sw0"));
}

TEST_F(EventApi, WhatIsRefusedOrOnlyPlannedIsNoEvent) {
  add_port("a");
  subscribe({{"topics", all_state}});
  refuse("port.add", {{"name", "a"}});
  refuse("port.add", {{"name", "b"}, {"namespace", "there-is-no-such"}});
  call("port.remove", {{"name", "a"}, {"dry_run", true}});
  call("vlan.set", {{"vid", 7}, {"name", "lab"}, {"dry_run", true}});
  EXPECT_THAT(in_short(heard()), IsEmpty());
}

TEST_F(EventApi, EveryChangeOfTheConfigurationIsToldOnce) {
  subscribe({{"topics", {"config"}}});
  add_port("a");
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}, {"port", "a"}});
  call("fdb.remove", {{"mac", "02:00:00:00:00:01"}, {"vlan", 1}});
  call("port.set", {{"name", "a"}, {"mtu", 1400}});
  call("vlan.set", {{"vid", 7}, {"name", "lab"}});
  call("port.remove", {{"name", "a"}});
  EXPECT_EQ(heard().size(), 6U);
}

TEST_F(EventApi, LinkThatOthersChangeIsToldAsItHappens) {
  add_port("a");
  subscribe({{"topics", {"port"}}});
  const std::string link = "ip -n " + lab_->name() + " link set dev ";
  ASSERT_EQ(shell(link + "a down"), 0);
  EXPECT_EQ(wait_for("port", "down")["data"]["state"], "down");
  ASSERT_EQ(shell(link + "a mtu 4000"), 0);
  EXPECT_EQ(wait_for("port", "changed")["data"]["link"]["mtu"], 4000);
  ASSERT_EQ(shell(link + "a address 02:00:00:00:00:99"), 0);
  EXPECT_EQ(wait_for("port", "changed")["data"]["link"]["mac"], "02:00:00:00:00:99");
  ASSERT_EQ(shell(link + "a name b"), 0);
  EXPECT_EQ(wait_for("port", "changed")["data"]["link"]["interface"], "b");
  ASSERT_EQ(shell(link + "b up"), 0);
  EXPECT_EQ(wait_for("port", "up")["data"]["state"], "up");
}

// No state between is passed over, although all of them are past when the first is told.
TEST_F(EventApi, LinkThatFlapsIsToldOfEachTime) {
  add_port("a");
  subscribe({{"topics", {"port"}}});
  const std::string link = "ip -n " + lab_->name() + " link set dev a ";
  ASSERT_EQ(shell(link + "down && " + link + "up && " + link + "down && " + link + "up"), 0);
  EXPECT_THAT(in_short(heard()),
              ElementsAre("port down a", "port up a", "port down a", "port up a"));
}

TEST_F(EventApi, LinkThatIsChangedByPortSetIsToldOnce) {
  add_port("a");
  subscribe({{"topics", {"port"}}});
  call("port.set", {{"name", "a"}, {"mtu", 2000}, {"up", false}});
  EXPECT_THAT(in_short(heard()), ElementsAre("port down a", "port changed a"));
}

TEST_F(EventApi, DeviceThatIsDeletedLosesItsPortOnce) {
  add_port("a");
  subscribe({{"topics", {"port"}}});
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link del dev a"), 0);
  EXPECT_EQ(wait_for("port", "lost")["data"]["state"], "lost");
  EXPECT_THAT(in_short(heard()), IsEmpty());
}

TEST_F(EventApi, InterfaceThatMovedToAnotherNamespaceIsFollowedThere) {
  add_port("a");
  const TemporaryNamespace elsewhere("elsewhere");
  subscribe({{"topics", {"port"}}});
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link set dev a netns " + elsewhere.name()), 0);
  EXPECT_EQ(wait_for("port", "down")["data"]["name"], "a");
  ASSERT_EQ(shell("ip -n " + elsewhere.name() + " link set dev a up"), 0);
  EXPECT_EQ(wait_for("port", "up")["data"]["name"], "a");
}

TEST_F(EventApi, MonitorKeepsNoNamespaceAlive) {
  add_port("a");
  subscribe({{"topics", {"port"}}});
  lab_->remove();
  EXPECT_EQ(wait_for("port", "lost")["data"]["name"], "a");
  lab_.reset();
}

TEST_F(EventApi, SnapshotIsThePresentStateOfWhatWasAskedFor) {
  add_port("a");
  call("vlan.set", {{"vid", 7}, {"name", "lab"}});
  const Json result = subscribe({{"topics", all_state}, {"snapshot", true}});
  EXPECT_EQ(result["snapshot"]["switches"], call("switch.list")["switches"]);
  EXPECT_EQ(result["snapshot"]["ports"], call("port.list")["ports"]);
  EXPECT_EQ(result["snapshot"]["vlans"].dump(), R"([{"switch":"sw0","vid":7,"name":"lab"}])");
  EXPECT_FALSE(result["snapshot"].contains("entries"));
  EXPECT_THAT(in_short(heard()), IsEmpty());
}

TEST_F(EventApi, SnapshotOfOneSwitchLeavesTheOthersOut) {
  call("switch.add", {{"name", "sw1"}});
  add_port("a", {{"switch", "sw0"}});
  add_port("b", {{"switch", "sw1"}});
  const Json snapshot = subscribe(
      {{"topics", {"switch", "port"}}, {"snapshot", true}, {"switch", "sw1"}})["snapshot"];
  ASSERT_EQ(snapshot["switches"].size(), 1U);
  ASSERT_EQ(snapshot["ports"].size(), 1U);
  EXPECT_EQ(snapshot["ports"][0]["name"], "b");
}

TEST_F(EventApi, SampleTellsWhatThePortsCarry) {
  add_port("a");
  subscribe({{"topics", {"stats"}}});
  api::publish_statistics(network_, meter_, std::chrono::steady_clock::now());
  const std::vector<Json> events = heard();
  ASSERT_THAT(in_short(events), ElementsAre("stats sample"));
  EXPECT_EQ(events[0]["switch"], "sw0");
  EXPECT_EQ(events[0]["data"]["ports"]["a"]["in_octets"], 0);
  EXPECT_EQ(events[0]["data"]["stations"], 0);
}

TEST_F(EventApi, SubscriptionIsRefusedWhereNothingButRepliesCanBeSent) {
  EXPECT_EQ(refusal_kind("event.subscribe", {{"topics", {"port"}}}), "unsupported");
  EXPECT_EQ(refusal_kind("event.unsubscribe", {{"subscription", 1}}), "unsupported");
  EXPECT_EQ(refusal_kind("event.subscribe", {{"topics", {"weather"}}}), "invalid_params");
}

}  // namespace event_test
}  // namespace tapswitch::test
