// SPDX-License-Identifier: Apache-2.0
// config.diff and config.apply on real TAPs: whole, or not at all. Which steps a plan has is tested
// in tests/config/plan_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <fstream>
#include <string>

#include "control/api/apply.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "tests/api/apply_fixture.hpp"

namespace tapswitch::test {
namespace apply_test {

TEST_F(ApplyApi, DocumentThatRunsIsNoChange) {
  add_port("alice", {{"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  const Json before = document();
  EXPECT_EQ(call("config.apply", {{"config", before}})["plan"], Json::array());
  EXPECT_EQ(document(), before);
}

TEST_F(ApplyApi, MtuThatTheLinkHasIsNoDifference) {
  add_port("alice");
  const Json before = document();
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link set alice mtu 4000"), 0);
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["link"]["mtu"], 4000);
  EXPECT_EQ(document(), before);
  EXPECT_EQ(call("config.diff", {{"config", before}})["plan"], Json::array());
}

TEST_F(ApplyApi, MakesAllOfADocument) {
  const Json wanted = {
      {"version", 1},
      {"switches",
       {{"sw0",
         {{"fdb",
           {{"ageing_seconds", 60},
            {"static",
             Json::array({{{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", "alice"}}})}}},
          {"vlans", {{"10", {{"name", "office"}}}}},
          {"ports",
           {{"alice", port({{"mtu", 1400}, {"vlan", {{"mode", "access"}, {"pvid", 10}}}})},
            {"bob", port({{"addresses", {"10.98.0.1/24"}}})}}}}},
        {"sw1", {{"ports", Json::object()}}}}}};
  const Json foreseen = texts(call("config.diff", {{"config", wanted}}));
  EXPECT_EQ(texts(call("config.apply", {{"config", wanted}})), foreseen);
  EXPECT_EQ(call("config.diff", {{"config", wanted}})["plan"], Json::array());
  EXPECT_EQ(call("port.get", {{"name", "alice"}})["link"]["mtu"], 1400);
  EXPECT_EQ(call("fdb.list", {{"switch", "sw0"}})["entries"].size(), 1U);
  EXPECT_EQ(document()["revision"], 2);

  const Json nothing = {{"version", 1}, {"switches", Json::object()}};
  call("config.apply", {{"config", nothing}});
  EXPECT_EQ(document()["switches"], Json::object());
  EXPECT_EQ(interfaces().find("alice"), std::string::npos);
}

TEST_F(ApplyApi, MergeLeavesTheRest) {
  add_port("alice");
  const Json wanted = {{"version", 1}, {"switches", {{"sw0", {{"ports", {{"bob", port()}}}}}}}};
  EXPECT_EQ(texts(call("config.apply", {{"config", wanted}, {"mode", "merge"}})),
            Json::array({"+ port bob"}));
  EXPECT_EQ(texts(call("config.diff", {{"config", wanted}})), Json::array({"- port alice"}));
}

TEST_F(ApplyApi, DryRunOnlyTells) {
  const Json before = document();
  EXPECT_EQ(texts(call("config.apply", {{"config", with("bob", port())}, {"dry_run", true}})),
            Json::array({"+ port bob"}));
  EXPECT_EQ(document(), before);
}

TEST_F(ApplyApi, OlderRevisionIsAConflict) {
  const Json before = document();
  add_port("alice");
  const Json error =
      refuse("config.apply", {{"config", before}, {"if_revision", before["revision"]}});
  EXPECT_EQ(error["data"]["kind"], "conflict");
  EXPECT_EQ(error["data"]["revision"], 2);
  EXPECT_EQ(error["data"]["if_revision"], 1);
  call("config.apply", {{"config", before}, {"if_revision", 2}});
}

TEST_F(ApplyApi, MistakesAreToldTogetherAndChangeNothing) {
  const Json before = document();
  Json wanted = with("alice", port({{"mtu", 5}}));
  wanted["switches"]["sw0"]["ports"]["bob"] = port({{"worker", "none"}});
  const Json error = refuse("config.apply", {{"config", wanted}});
  EXPECT_EQ(error["data"]["problems"].size(), 2U);
  EXPECT_EQ(error["data"]["pointer"], "/switches/sw0/ports/alice/mtu");
  EXPECT_EQ(document(), before);
}

TEST_F(ApplyApi, FailureOfTheLastStepUndoesEverything) {
  const Json access = {{"mode", "access"}, {"pvid", 10}};
  add_port("alice", {{"vlan", access},
                     {"mac", "02:00:00:00:00:aa"},
                     {"mtu", 1400},
                     {"addresses", {"10.98.0.1/24"}}});
  add_port("bob", {{"persist", true}});
  add_port("carol");
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", "alice"}});
  call("vlan.set", {{"vid", 10}, {"name", "office"}});

  expect_nothing_changes(document(), "one more port");
  expect_nothing_changes({{"version", 1}, {"switches", {{"sw0", {{"ports", Json::object()}}}}}},
                         "without the others");
  Json wanted = document();
  Json& home = wanted["switches"]["sw0"];
  home["fdb"] = {{"ageing_seconds", 60}};
  home["forward_reserved"] = {"lldp"};
  home["vlans"] = {{"10", {{"name", "lab"}}}, {"20", {{"name", "shop"}}}};
  home["ports"]["alice"] = port({{"mtu", 1300},
                                 {"mac", "02:00:00:00:00:ab"},
                                 {"up", false},
                                 {"addresses", {"10.98.0.2/24"}}});
  home["ports"]["bob"] = port({{"persist", false}, {"isolated", true}});
  expect_nothing_changes(wanted, "with changes of all kinds");

  for (const char* name : {"alice", "bob", "carol"}) {
    Json replaced = document();
    replaced["switches"]["sw0"]["ports"][name]["offload"] = false;
    expect_nothing_changes(replaced, std::string("replacing ") + name);
    const bool was_persistent = replaced["switches"]["sw0"]["ports"][name].value("persist", false);
    replaced["switches"]["sw0"]["ports"][name]["persist"] = !was_persistent;
    expect_nothing_changes(replaced, std::string("replacing otherwise persistent ") + name);
    Json heir = document();
    heir["switches"]["sw0"]["ports"].erase(name);
    heir["switches"]["sw0"].erase("fdb");
    heir["switches"]["sw0"]["ports"]["dave"] =
        port({{"interface", name}, {"addresses", {"10.98.7.7/24"}}});
    expect_nothing_changes(heir, std::string("taking over from ") + name);
  }
  Json larger = document();
  larger["switches"]["sw0"]["fdb"]["capacity"] = 100;
  expect_nothing_changes(larger, "a switch anew");
}

TEST_F(ApplyApi, WantOfWorkersIsKnownBeforeTheFirstStep) {
  call("port.add", {{"name", "a"}, {"namespace", lab_->name()}});
  const std::string asked = "ip -n " + lab_->name() + " -o link show dev a | cut -d: -f1";
  const std::string index = test::shell_output(asked);
  for (const Json& wish : {Json{{"queues", 3}}, Json{{"worker", 2}}}) {
    for (const bool is_dry : {true, false}) {
      const Json refusal =
          refuse("config.apply", {{"config", with("a", port(wish))}, {"dry_run", is_dry}});
      EXPECT_EQ(refusal["data"]["kind"], "invalid_params") << refusal;
      EXPECT_THAT(refusal["message"].get<std::string>(),
                  ::testing::AllOf(::testing::HasSubstr(" a: "),
                                   ::testing::HasSubstr(wish.begin().key() + ": ")));
      EXPECT_EQ(test::shell_output(asked), index) << "the TAP was made anew";
    }
  }
}

TEST_F(ApplyApi, AdoptedTapIsAsItWasAfterARefusal) {
  const std::string ip = "ip -n " + lab_->name() + " ";
  ASSERT_EQ(shell(ip + "tuntap add dev old mode tap user 11 group 22 pi"), 0);
  ASSERT_EQ(shell(ip + "link set old address 02:00:00:00:00:07 mtu 1300 up"), 0);
  ASSERT_EQ(shell(ip + "address add 192.0.2.7/24 dev old"), 0);
  ASSERT_EQ(shell(ip + "address add 192.0.2.8/24 dev old"), 0);
  for (const Json& spec :
       {Json::object(), Json{{"mtu", 1400}}, Json{{"mac", "02:00:00:00:00:ab"}},
        Json{{"addresses", {"192.0.2.8/24", "10.98.0.1/24"}}}, Json{{"up", false}},
        Json{{"owner", "12"}, {"group", "23"}}, Json{{"persist", true}}, Json{{"offload", false}},
        Json{{"mtu", 1400}, {"up", false}, {"addresses", {"10.98.0.1/24"}}}}) {
    expect_nothing_changes(with("old", port(spec)), "adopted with " + spec.dump());
  }
}

TEST_F(ApplyApi, ChangedAdoptedTapIsAsItWasAfterARefusal) {
  const std::string ip = "ip -n " + lab_->name() + " ";
  ASSERT_EQ(shell(ip + "tuntap add dev old mode tap user 11 group 22"), 0);
  ASSERT_EQ(shell(ip + "address add 192.0.2.7/24 dev old"), 0);
  add_port("old", {{"addresses", {"10.98.0.1/24"}}});
  for (const Json& spec :
       {Json{{"mtu", 1400}}, Json{{"mac", "02:00:00:00:00:ab"}}, Json{{"up", false}},
        Json{{"addresses", {"192.0.2.7/24"}}}, Json{{"owner", "12"}, {"group", "23"}},
        Json{{"persist", true}}, Json{{"offload", false}, {"owner", "12"}, {"up", false}}}) {
    expect_nothing_changes(with("old", port(spec)), "changed to " + spec.dump());
  }
  expect_nothing_changes({{"version", 1}, {"switches", {{"sw0", {{"ports", Json::object()}}}}}},
                         "removed");
  call("port.remove", {{"name", "old"}});
  EXPECT_NE(interfaces().find("old"), std::string::npos);
}

// Ports are changed after others are added, so only another change can be refused after one.
TEST_F(ApplyApi, ChangeBeforeOneThatIsRefusedIsUndone) {
  const std::string ip = "ip -n " + lab_->name() + " ";
  ASSERT_EQ(shell(ip + "tuntap add dev old mode tap user 11 group 22"), 0);
  ASSERT_EQ(shell(ip + "address add 192.0.2.7/24 dev old"), 0);
  add_port("old");
  // With an owner and a group, for the kernel lets nobody take them away again.
  add_port("new", {{"mtu", 1400},
                   {"mac", "02:00:00:00:00:aa"},
                   {"addresses", {"10.98.0.1/24"}},
                   {"owner", "11"},
                   {"group", "22"}});
  add_port("v4only");
  ASSERT_EQ(
      shell("ip netns exec " + lab_->name() + " sysctl -qw net.ipv6.conf.v4only.disable_ipv6=1"),
      0);
  for (const char* name : {"new", "old"}) {
    for (const Json& spec :
         {Json{{"mtu", 1300}}, Json{{"mac", "02:00:00:00:00:ab"}}, Json{{"up", false}},
          Json{{"addresses", {"10.98.0.2/24"}}}, Json{{"owner", "12"}, {"group", "23"}},
          Json{{"persist", true}}, Json{{"isolated", true}}}) {
      Json wanted = with(name, port(spec));
      wanted["switches"]["sw0"]["ports"]["v4only"]["addresses"] = {"fd00::1/64"};
      expect_refused(wanted, "~ addresses of v4only: none -> fd00::1/64",
                     name + (" changed to " + spec.dump()));
    }
  }
}

TEST_F(ApplyApi, WhatOthersHaveChangedOutlivesARefusal) {
  add_port("alice");
  ASSERT_EQ(shell("ip -n " + lab_->name() + " link set alice down"), 0);
  Json replaced = document();
  replaced["switches"]["sw0"]["ports"]["alice"]["offload"] = false;
  expect_nothing_changes(replaced, "replacing a port that is down");
}

TEST_F(ApplyApi, CreatedTapThatWasToPersistIsGoneAfterARefusal) {
  expect_nothing_changes(with("alice", port({{"persist", true}})), "persistent");
}

TEST_F(ApplyApi, WhatCannotBeUndoneIsSaidWhateverTheCause) {
  ASSERT_EQ(shell("ip -n " + lab_->name() + " tuntap add dev old mode tap"), 0);
  add_port("old");
  const Json before = document();
  const Json wanted = with("old", port({{"owner", "11"}}));
  auto steps = config::plan(network_.configuration(), config::read_or_refuse(wanted));
  config::AddSwitch too_large;
  too_large.spec.name = "sw1";
  too_large.spec.fdb_capacity = std::size_t{1} << 62;  // more than any vector holds
  steps.push_back({.action = too_large, .lines = {{.text = "+ switch sw1"}}});
  try {
    api::carry_out(network_, steps, api::Apply::Unopened::refused);
    FAIL();
  } catch (const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    EXPECT_EQ(data["step"], "+ switch sw1");
    ASSERT_EQ(data["not_undone"].size(), 1U) << data;
    EXPECT_NE(std::string(error.what()).find("could not be undone"), std::string::npos);
  }
  EXPECT_EQ(document()["revision"], before["revision"].get<int>() + 1);
  EXPECT_EQ(document()["switches"], before["switches"]);
}

TEST_F(ApplyApi, ReplacedPortKeepsItsInterface) {
  add_port("alice", {{"addresses", {"10.98.0.1/24", "10.98.1.1/24"}}});
  const std::string before = interfaces();
  call("config.apply",
       {{"config", instead_of("alice", "bob",
                              port({{"interface", "alice"},
                                    {"addresses", {"10.98.0.1/24", "10.98.1.1/24"}}}))}});
  EXPECT_EQ(interfaces(), before);
  call("config.apply",
       {{"config", instead_of("bob", "alice", port({{"addresses", {"10.98.1.1/24"}}}))}});
  EXPECT_EQ(interfaces().find("10.98.0.1"), std::string::npos);
  EXPECT_NE(interfaces().find("10.98.1.1"), std::string::npos);
  // The port was never meant to stay.
  call("port.remove", {{"name", "alice"}});
  EXPECT_EQ(interfaces().find("alice"), std::string::npos);
}

TEST_F(ApplyApi, InterfaceThatWasThereBeforeOutlivesItsReplacement) {
  ASSERT_EQ(shell("ip -n " + lab_->name() + " tuntap add dev old mode tap"), 0);
  add_port("old");
  call("config.apply", {{"config", instead_of("old", "new", port({{"interface", "old"}}))}});
  call("port.remove", {{"name", "new"}});
  EXPECT_NE(interfaces().find("old"), std::string::npos);
}

}  // namespace apply_test
}  // namespace tapswitch::test
