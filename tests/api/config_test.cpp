// SPDX-License-Identifier: Apache-2.0
// config.get. What the document says of each value is tested in tests/config/document_test.cpp.
#include <gtest/gtest.h>

#include "tests/api/daemon_fixture.hpp"

namespace tapswitch::test {
namespace config_test {

class ConfigApi : public DaemonFixture {
 protected:
  std::string interface_ = unique_interface_name("c");
};

TEST_F(ConfigApi, MinimalDocumentSaysOnlyWhatIsNoDefault) {
  EXPECT_EQ(call("config.get").dump(),
            R"({"version":1,"switches":{"sw0":{"ports":{}}},"revision":1})");
  call("port.add", {{"name", interface_}});
  EXPECT_EQ(call("config.get")["switches"]["sw0"]["ports"],
            (Json{{interface_, {{"type", "tap"}}}}));
}

TEST_F(ConfigApi, FullDocumentSaysEverything) {
  call("port.add", {{"name", interface_}});
  const Json home = call("config.get", {{"format", "full"}})["switches"]["sw0"];
  EXPECT_EQ(home["fdb"], (Json{{"ageing_seconds", 300}, {"capacity", 16384}}));
  EXPECT_EQ(home["forward_reserved"], Json::array());
  EXPECT_EQ(home["vlans"], Json::object());
  EXPECT_EQ(home["ports"][interface_]["vlan"]["allowed"], "1-4094");
  EXPECT_EQ(home["ports"][interface_]["interface"], interface_);
}

TEST_F(ConfigApi, MinimalIsWhatIsMeantWithoutAFormat) {
  EXPECT_EQ(call("config.get"), call("config.get", {{"format", "minimal"}}));
  EXPECT_EQ(refusal_kind("config.get", {{"format", "brief"}}), "invalid_params");
}

TEST_F(ConfigApi, WhatWasSaidStandsInTheDocument) {
  const Json vlan = {{"mode", "access"}, {"pvid", 10}};
  call("switch.set", {{"name", "sw0"},
                      {"fdb", {{"ageing_seconds", 60}}},
                      {"forward_reserved", {"01:80:c2:00:00:0e"}}});
  call("vlan.set", {{"vid", 10}, {"name", "office"}});
  call("port.add", {{"name", "alice"}, {"interface", interface_}, {"mtu", 1400}, {"vlan", vlan}});
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", "alice"}});
  const Json expected = {
      {"fdb",
       {{"ageing_seconds", 60},
        {"static",
         Json::array({{{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", "alice"}}})}}},
      {"forward_reserved", {"lldp"}},
      {"vlans", {{"10", {{"name", "office"}}}}},
      {"ports",
       {{"alice", {{"type", "tap"}, {"interface", interface_}, {"mtu", 1400}, {"vlan", vlan}}}}}};
  EXPECT_EQ(call("config.get")["switches"]["sw0"], expected);
}

TEST_F(ConfigApi, PortOfTheDocumentCanBeAddedAsItStandsThere) {
  call("port.add", {{"name", interface_},
                    {"mac", "02:00:00:00:00:aa"},
                    {"isolated", true},
                    {"vlan", {{"mode", "trunk"}, {"native", nullptr}, {"allowed", "10-20"}}},
                    {"addresses", {"10.98.0.1/24"}}});
  for (const char* format : {"minimal", "full"}) {
    const Json before = call("config.get", {{"format", format}});
    Json params = before["switches"]["sw0"]["ports"][interface_];
    params["name"] = interface_;
    call("port.remove", {{"name", interface_}});
    call("port.add", params);
    EXPECT_EQ(call("config.get", {{"format", format}})["switches"], before["switches"]);
  }
}

TEST_F(ConfigApi, WhatIsRemovedIsNoLongerInTheDocument) {
  call("port.add", {{"name", interface_}});
  call("vlan.set", {{"vid", 10}, {"name", "office"}});
  call("fdb.add", {{"mac", "02:00:00:00:00:01"}, {"vlan", 10}, {"port", interface_}});
  call("vlan.set", {{"vid", 10}, {"name", nullptr}});
  call("port.remove", {{"name", interface_}});
  EXPECT_EQ(call("config.get")["switches"].dump(), R"({"sw0":{"ports":{}}})");
}

TEST_F(ConfigApi, EachChangeRaisesTheRevision) {
  const auto revision = [this] { return call("config.get")["revision"].get<int>(); };
  const Json station = {{"mac", "02:00:00:00:00:01"}, {"vlan", 10}};
  Json entry = station;
  entry["port"] = interface_;
  int before = revision();
  const auto expect_raised = [&](const char* method, const Json& params, int by = 1) {
    call(method, params);
    EXPECT_EQ(revision(), before + by) << method;
    before = revision();
  };
  expect_raised("port.add", {{"name", interface_}});
  expect_raised("port.set", {{"name", interface_}, {"isolated", true}});
  expect_raised("vlan.set", {{"vid", 10}, {"name", "office"}});
  expect_raised("fdb.add", entry);
  expect_raised("fdb.remove", station);
  expect_raised("fdb.flush", Json::object(), 0);
  expect_raised("fdb.add", entry);
  expect_raised("fdb.flush", Json::object());
  expect_raised("port.remove", {{"name", interface_}, {"dry_run", true}}, 0);
  expect_raised("port.remove", {{"name", interface_}});
  expect_raised("switch.add", {{"name", "sw1"}});
  expect_raised("switch.set", {{"name", "sw1"}, {"fdb", {{"ageing_seconds", 60}}}});
  expect_raised("switch.remove", {{"name", "sw1"}});
}

TEST_F(ConfigApi, PortIsSetOnlyIfNothingHasChangedSince) {
  call("port.add", {{"name", interface_}});
  const Json revision = call("system.info")["revision"];
  call("port.set", {{"name", interface_}, {"isolated", true}, {"if_revision", revision}});
  EXPECT_EQ(refusal_kind("port.set",
                         {{"name", interface_}, {"isolated", false}, {"if_revision", revision}}),
            "conflict");
  EXPECT_EQ(call("port.get", {{"name", interface_}})["isolated"], true);
}

TEST_F(ConfigApi, NothingIsSavedWithoutAFile) {
  EXPECT_EQ(refusal_kind("config.save"), "unsupported");
}

}  // namespace config_test
}  // namespace tapswitch::test
