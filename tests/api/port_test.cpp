// SPDX-License-Identifier: Apache-2.0
// port.add, .remove, .list, .get and .set on real TAPs.
#include <gtest/gtest.h>

#include "tests/api/daemon_fixture.hpp"
#include "tests/support/shell.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace port_test {

class PortApi : public DaemonFixture {
 protected:
  std::string name_ = unique_interface_name("p");
};

bool exists(const std::string& interface) {
  return shell("ip link show dev " + interface + " >/dev/null 2>&1") == 0;
}

TEST_F(PortApi, AddedPortIsATrunkOfAllVlansAndUp) {
  const Json port = call("port.add", {{"name", name_}});
  EXPECT_EQ(port["state"], "up");
  EXPECT_EQ(port["switch"], "sw0");
  EXPECT_EQ(port["interface"], name_);
  EXPECT_EQ(port["link"]["interface"], name_);
  EXPECT_EQ(port["link"]["mtu"], 1500);
  EXPECT_EQ(port["vlan"]["mode"], "trunk");
  EXPECT_EQ(port["vlan"]["native"], 1);
  EXPECT_EQ(port["vlan"]["allowed"], "1-4094");
  EXPECT_TRUE(exists(name_));
}

TEST_F(PortApi, RemovedPortTakesItsTapAlong) {
  call("port.add", {{"name", name_}});
  call("port.remove", {{"name", name_}});
  EXPECT_FALSE(exists(name_));
  EXPECT_EQ(refusal_kind("port.get", {{"name", name_}}), "not_found");
}

TEST_F(PortApi, EverythingThatCanBeSaidOfAPortIsDoneAndTold) {
  const TemporaryNamespace lab("api");
  const Json params = {
      {"name", "everything"},
      {"interface", name_},
      {"namespace", lab.name()},
      {"mac", "02-00-00-00-AA-01"},
      {"mtu", 9000},
      {"owner", "root"},
      {"group", 0},
      {"addresses", {"10.99.0.1/24"}},
      {"vlan", {{"mode", "trunk"}, {"native", nullptr}, {"allowed", {10, 20, 11}}}},
      {"flood", {{"broadcast", false}}},
      {"learning", false},
      {"isolated", true},
      {"hairpin", true},
      {"fdb_limit", 5},
      {"description", "to the lab"}};
  const Json port = call("port.add", params);
  EXPECT_EQ(port["link"]["mac"], "02:00:00:00:aa:01");
  EXPECT_EQ(port["link"]["mtu"], 9000);
  EXPECT_EQ(port["vlan"], (Json{{"mode", "trunk"},
                                {"native", nullptr},
                                {"native_tagged", false},
                                {"allowed", "10-11,20"},
                                {"acceptable", "all"}}));
  EXPECT_EQ(port["flood"],
            (Json{{"unknown_unicast", true}, {"multicast", true}, {"broadcast", false}}));
  EXPECT_EQ(port["learning"], false);
  EXPECT_EQ(port["isolated"], true);
  EXPECT_EQ(port["hairpin"], true);
  EXPECT_EQ(port["fdb_limit"], 5);
  EXPECT_EQ(port["description"], "to the lab");
  EXPECT_EQ(call("port.get", {{"name", "everything"}}), port);
  const std::string addresses =
      shell_output("ip -n " + lab.name() + " -br address show dev " + name_);
  EXPECT_NE(addresses.find("10.99.0.1/24"), std::string::npos) << addresses;
}

TEST_F(PortApi, SetChangesOnlyWhatIsNamed) {
  call("port.add", {{"name", name_}, {"description", "first"}, {"isolated", true}});
  const Json port = call(
      "port.set", {{"name", name_}, {"mtu", 2000}, {"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  EXPECT_EQ(port["link"]["mtu"], 2000);
  EXPECT_EQ(port["vlan"]["pvid"], 10);
  EXPECT_EQ(port["description"], "first");
  EXPECT_EQ(port["isolated"], true);
  EXPECT_EQ(call("port.set", {{"name", name_}, {"up", false}})["state"], "down");
  EXPECT_EQ(call("port.set", {{"name", name_}, {"up", true}})["state"], "up");
}

struct BadPort {
  const char* name;
  Json params;
  const char* kind;
  const char* field;  // of an invalid_params error
};

TEST_F(PortApi, BadPortIsRefusedAndLeavesNoTrace) {
  call("port.add", {{"name", "taken"}, {"interface", name_}});
  const std::string other = unique_interface_name("q");
  const Json access_0 = {{"mode", "access"}, {"pvid", 0}};
  const BadPort cases[] = {
      {"NameTaken", {{"name", "taken"}, {"interface", other}}, "already_exists", ""},
      {"NoName", {{"interface", other}}, "invalid_params", "name"},
      {"NameWithSpace", {{"name", "a b"}, {"interface", other}}, "invalid_params", "name"},
      {"InterfaceOf16",
       {{"name", "x"}, {"interface", "a234567890123456"}},
       "invalid_params",
       "interface"},
      {"NameOf16WithoutInterface", {{"name", "a234567890123456"}}, "invalid_params", "interface"},
      {"InterfaceInUse", {{"name", "x"}, {"interface", name_}}, "already_exists", ""},
      {"InterfaceIsNoTap", {{"name", "x"}, {"interface", "lo"}}, "kernel_refused", ""},
      {"NoSuchNamespace",
       {{"name", "x"}, {"interface", other}, {"namespace", "no-such"}},
       "kernel_refused",
       ""},
      {"NoSuchSwitch", {{"name", "x"}, {"interface", other}, {"switch", "sw9"}}, "not_found", ""},
      {"NoSuchOwner",
       {{"name", "x"}, {"interface", other}, {"owner", "no-such-user"}},
       "invalid_params",
       "owner"},
      {"UnknownField",
       {{"name", "x"}, {"interface", other}, {"vlam", 1}},
       "invalid_params",
       "vlam"},
      {"PvidZero",
       {{"name", "x"}, {"interface", other}, {"vlan", access_0}},
       "invalid_params",
       "vlan.pvid"},
      {"MtuTooSmall", {{"name", "x"}, {"interface", other}, {"mtu", 67}}, "invalid_params", "mtu"},
      {"MtuTooSmallForIpv6",
       {{"name", "x"}, {"interface", other}, {"mtu", 1'279}, {"addresses", {"fd00::1/64"}}},
       "invalid_params",
       "mtu"},
      {"GroupAddress",
       {{"name", "x"}, {"interface", other}, {"mac", "01:00:5e:00:00:01"}},
       "kernel_refused",
       ""},
      {"AddressWithoutPrefix",
       {{"name", "x"}, {"interface", other}, {"addresses", {"10.0.0.1"}}},
       "invalid_params",
       "addresses[0]"},
      {"SecondAddressTwice",
       {{"name", "x"}, {"interface", other}, {"addresses", {"10.0.0.1/24", "256.0.0.1/24"}}},
       "invalid_params",
       "addresses[1]"},
  };
  for (const BadPort& bad : cases) {
    const Json error = refuse("port.add", bad.params);
    EXPECT_EQ(error["data"]["kind"], bad.kind) << bad.name << ": " << error;
    if (*bad.field != '\0') {
      EXPECT_EQ(error["data"]["field"], bad.field) << bad.name << ": " << error;
    }
    EXPECT_EQ(call("port.list")["ports"].size(), 1U) << bad.name;
    EXPECT_FALSE(exists(other)) << bad.name;
  }
}

TEST_F(PortApi, KernelRefusalTellsErrnoCallAndObject) {
  const Json data = refuse("port.add", {{"name", "x"}, {"interface", "lo"}})["data"];
  EXPECT_GT(data["errno"], 0);
  EXPECT_EQ(data["errno_name"].get<std::string>().front(), 'E');
  EXPECT_FALSE(data["call"].get<std::string>().empty());
  EXPECT_NE(data["object"].get<std::string>().find("lo"), std::string::npos);
}

TEST_F(PortApi, PortIsReceivedByTheWorkerThatWasAskedFor) {
  EXPECT_EQ(call("port.add", {{"name", name_}, {"worker", 1}})["worker"], 1);
  EXPECT_EQ(call("port.set", {{"name", name_}, {"worker", 0}})["worker"], 0);
  EXPECT_EQ(call("config.get")["switches"]["sw0"]["ports"][name_]["worker"], 0);
  EXPECT_EQ(refusal_kind("port.set", {{"name", name_}, {"worker", 2}}), "invalid_params");
  EXPECT_EQ(call("port.get", {{"name", name_}})["worker"], 0);
}

TEST_F(PortApi, RefusedSetLeavesThePortAsItWas) {
  // Without learning: what an interface sends by itself when it comes up would be counted.
  const Json before = call("port.add", {{"name", name_}, {"mtu", 1400}, {"learning", false}});
  // The MTU is set before the address, which the kernel refuses.
  EXPECT_EQ(
      refusal_kind("port.set", {{"name", name_}, {"mtu", 1300}, {"mac", "01:00:5e:00:00:01"}}),
      "kernel_refused");
  EXPECT_EQ(call("port.get", {{"name", name_}}), before);
}

TEST_F(PortApi, SetDoesWhatIsNamedWhateverOthersHaveDone) {
  call("port.add", {{"name", name_}});
  ASSERT_EQ(shell("ip link set dev " + name_ + " down"), 0);
  EXPECT_EQ(call("port.set", {{"name", name_}, {"mtu", 1400}})["state"], "down")
      << "nobody asked for it to be up";
  EXPECT_EQ(call("port.set", {{"name", name_}, {"up", true}})["state"], "up");
}

TEST_F(PortApi, StaticEntriesStayWithoutEffectWhenTheirVlanIsTakenOff) {
  call("port.add", {{"name", name_}, {"vlan", {{"mode", "trunk"}, {"allowed", "10,20"}}}});
  for (const int vlan : {10, 20}) {
    call("fdb.add", {{"mac", "02:00:00:00:00:0b"}, {"vlan", vlan}, {"port", name_}});
  }
  const Json without_10 = {{"name", name_}, {"vlan", {{"mode", "access"}, {"pvid", 20}}}};
  const std::string named = "station 02:00:00:00:00:0b in vlan 10 on " + name_;
  Json dry_run = without_10;
  dry_run["dry_run"] = true;
  EXPECT_EQ(
      call("port.set", dry_run)["plan"],
      (Json{"~ port " + name_, "~ " + named + " stays without effect: the VLAN is taken off"}));
  EXPECT_EQ(call("port.set", without_10)["warnings"],
            (Json{named + " stays without effect: the VLAN is taken off"}));
  EXPECT_EQ(call("fdb.list", {{"kind", "static"}})["entries"].size(), 2U);
  EXPECT_EQ(refusal_kind("fdb.add", {{"mac", "02:00:00:00:00:0c"}, {"vlan", 10}, {"port", name_}}),
            "invalid_params");
  // The running configuration is a document that can be applied.
  const Json document = call("config.get");
  EXPECT_EQ(call("config.apply", {{"config", document}})["plan"], Json::array());
  const Json back = {{"name", name_}, {"vlan", {{"mode", "trunk"}, {"allowed", "10,20"}}}};
  EXPECT_EQ(call("port.set", back)["warnings"], (Json{named + " leads again"}));
  call("config.apply", {{"config", document}});
  EXPECT_EQ(call("config.get")["switches"], document["switches"]);
}

TEST_F(PortApi, DryRunTellsThePlanAndChangesNothing) {
  EXPECT_EQ(call("port.add", {{"name", name_}, {"dry_run", true}})["plan"],
            Json::array({"+ port " + name_}));
  EXPECT_FALSE(exists(name_));
  call("port.add", {{"name", name_}});
  EXPECT_EQ(call("port.remove", {{"name", name_}, {"dry_run", true}})["plan"],
            Json::array({"- port " + name_}));
  EXPECT_TRUE(exists(name_));
  EXPECT_EQ(changes_, (std::vector<std::string>{"switch.add", "port.add"}));
}

TEST_F(PortApi, ListIsFilteredBySwitchStateVlanAndName) {
  call("switch.add", {{"name", "sw1"}});
  call("port.add", {{"name", "one"},
                    {"interface", name_},
                    {"switch", "sw0"},
                    {"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  call("port.add", {{"name", "two"},
                    {"interface", unique_interface_name("q")},
                    {"switch", "sw1"},
                    {"up", false}});
  const auto names = [this](const Json& filter) {
    std::vector<std::string> found;
    const Json answer = call("port.list", filter);
    for (const Json& port : answer["ports"]) {
      found.push_back(port["name"]);
    }
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(Json::object()), (Names{"one", "two"}));
  EXPECT_EQ(names({{"switch", "sw1"}}), (Names{"two"}));
  EXPECT_EQ(names({{"state", "up"}}), (Names{"one"}));
  EXPECT_EQ(names({{"state", "down"}}), (Names{"two"}));
  EXPECT_EQ(names({{"vlan", 10}}), (Names{"one", "two"}));
  EXPECT_EQ(names({{"vlan", 11}}), (Names{"two"}));
  EXPECT_EQ(names({{"filter", "o"}}), (Names{"one", "two"}));
  EXPECT_EQ(names({{"filter", "tw"}, {"vlan", 11}}), (Names{"two"}));
  EXPECT_EQ(names({{"filter", "three"}}), Names());
  EXPECT_EQ(refusal_kind("port.list", {{"switch", "sw9"}}), "not_found");
}

TEST_F(PortApi, DeletedDeviceMakesThePortLostAndItsNameCanBeUsedAgain) {
  call("port.add", {{"name", name_}});
  ASSERT_EQ(shell("ip link del dev " + name_), 0);
  EXPECT_TRUE(wait_until([this] {
    run_posted();
    return network_.ports().at(name_).is_lost;
  }));
  EXPECT_EQ(call("port.get", {{"name", name_}})["state"], "lost");
  EXPECT_EQ(refusal_kind("port.set", {{"name", name_}, {"mtu", 1400}}), "not_found");
  call("port.remove", {{"name", name_}});
  EXPECT_EQ(call("port.add", {{"name", name_}})["state"], "up");
}

TEST_F(PortApi, MtuChangedByOthersIsFollowed) {
  call("port.add", {{"name", name_}});
  const network::Network::RunningPort& port = network_.find_port(name_);
  ASSERT_EQ(shell("ip link set dev " + name_ + " mtu 4000"), 0);
  ASSERT_TRUE(wait_until_readable(network_.links_descriptor()));
  network_.follow_links();
  EXPECT_EQ(port.home->engine->port_state(port.index).mtu, 4000U);
}

}  // namespace port_test
}  // namespace tapswitch::test
