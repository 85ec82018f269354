// SPDX-License-Identifier: Apache-2.0
#include "control/lab/wiring.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "control/config/read_document.hpp"
#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace wiring_test {

constexpr const char* three_nodes =
    R"({"alice": {}, "bob": {}, "vm": {"kind": "vm", "kernel": "k"}})";

TEST(Wiring, LinkToASwitchIsAPortInTheNodesNamespace) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["alice:eth0", "sw0"], "mtu": 1400,
                                              "vlan": {"mode": "access", "pvid": 10}}])");
  Json port = wire(lab, "/labs/test").document["switches"]["sw0"]["ports"]["alice"];
  EXPECT_EQ(std::exchange(port["mac"], "MAC"), macs_of(lab).at("alice:eth0"));
  EXPECT_EQ(port, Json::parse(R"({"mtu": 1400, "vlan": {"mode": "access", "pvid": 10},
                                  "type": "tap", "interface": "eth0", "namespace": "test-alice",
                                  "persist": true, "mac": "MAC"})"));
}

TEST(Wiring, NamespaceOnASwitchHasAVethWhereThereIsAKernelPath) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["alice:eth0", "sw0"]},
                                              {"ends": ["alice:eth1", "sw0"], "type": "tap"},
                                              {"ends": ["bob:eth0", "alice:eth2"]},
                                              {"ends": ["bob:eth1", "alice:eth3"], "type": "veth"},
                                              {"ends": ["vm:eth0", "sw0"]},
                                              {"ends": ["sw0", "sw1"]}])");
  const auto types = [&](bool has_kernel_path) {
    std::map<std::string, std::string> found;
    const Json document = wire(lab, "/labs/test", has_kernel_path).document;
    for (const Json& home : document["switches"]) {
      for (const auto& [name, port] : home["ports"].items()) {
        found.emplace(name, port["type"]);
      }
    }
    return found;
  };
  std::map<std::string, std::string> expected = {
      {"alice-eth0", "veth"}, {"alice-eth1", "tap"}, {"alice-eth2", "tap"},
      {"alice-eth3", "veth"}, {"bob-eth0", "tap"},   {"bob-eth1", "veth"},
      {"vm", "qemu"},         {"sw0-sw1", "patch"},  {"sw1-sw0", "patch"}};
  EXPECT_EQ(types(true), expected);
  expected["alice-eth0"] = "tap";
  EXPECT_EQ(types(false), expected);
}

TEST(Wiring, NodeWithSeveralLinksHasSeveralPorts) {
  const LabSpec lab =
      lab_of(three_nodes, R"([{"ends": ["alice:eth0", "sw0"]}, {"ends": ["sw0", "alice:eth1"]}])");
  const Json ports = wire(lab, "/labs/test").document["switches"]["sw0"]["ports"];
  EXPECT_TRUE(ports.contains("alice-eth0"));
  EXPECT_TRUE(ports.contains("alice-eth1"));
}

TEST(Wiring, SettingsOfInterfacesAreThoseOfTheirPort) {
  const LabSpec lab = lab_of(R"({"alice": {"interfaces": {"eth0": {
                                   "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.1/24"]}}}})",
                             R"([{"ends": ["alice:eth0", "sw0"]}])");
  const Json port = wire(lab, "/labs/test").document["switches"]["sw0"]["ports"]["alice"];
  EXPECT_EQ(port["mac"], "02:00:00:00:00:01");
  EXPECT_EQ(port["addresses"], Json::parse(R"(["10.0.0.1/24"])"));
}

TEST(Wiring, CardOfAMachineIsASocketInTheLabsDirectory) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["vm:eth0", "sw0"]}])");
  const Json port = wire(lab, "/labs/test").document["switches"]["sw0"]["ports"]["vm"];
  EXPECT_EQ(port, Json::parse(R"({"type": "qemu", "listen": "unix:/labs/test/vm.eth0.sock"})"));
}

TEST(Wiring, SwitchesAreJoinedByPatches) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["sw0", "sw1"]}, {"ends": ["sw1", "sw0"]},
                                              {"ends": ["sw0", "sw1"]}])");
  const Json switches = wire(lab, "/labs/test").document["switches"];
  EXPECT_EQ(switches["sw0"]["ports"]["sw0-sw1"]["peer"], "sw1-sw0");
  EXPECT_EQ(switches["sw1"]["ports"]["sw1-sw0"]["peer"], "sw0-sw1");
  EXPECT_EQ(switches["sw0"]["ports"]["sw0-sw1-2"]["peer"], "sw1-sw0-2");
  EXPECT_EQ(switches["sw0"]["ports"].size(), 3U);
  EXPECT_EQ(switches["sw1"]["ports"].size(), 3U);
}

TEST(Wiring, AsManyWiresAsALabMayHaveLinksCanRun) {
  constexpr std::ptrdiff_t wires = 4'000;
  Json links = Json::array();
  for (std::ptrdiff_t i = 0; i < wires; ++i) {
    links.push_back({{"ends", {fmt::format("alice:e{}", i), fmt::format("bob:e{}", i)}}});
  }
  const LabSpec lab = lab_of(three_nodes, links.dump().c_str());
  const config::Reading reading = config::read_document(wire(lab, "/labs/test").document);
  EXPECT_TRUE(reading.mistakes.empty()) << reading.mistakes.front().problem;
  ASSERT_EQ(std::ssize(reading.network.switches), wires + 2);  // and those that the lab names
  const auto is_wire = [](const auto& entry) { return entry.second.fdb_capacity == 1; };
  EXPECT_EQ(std::ranges::count_if(reading.network.switches, is_wire), wires)
      << "nothing is learned there";
}

TEST(Wiring, TwoNodesMeetOnAWireOfTheirOwn) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["alice:eth0", "bob:eth3"]}])");
  const Json wire_switch = wire(lab, "/labs/test").document["switches"]["wire.alice"];
  EXPECT_EQ(wire_switch["forward_reserved"], Json::parse(R"(["all"])"));
  EXPECT_EQ(wire_switch["wire"], true);
  EXPECT_EQ(wire_switch["ports"].size(), 2U);
  EXPECT_EQ(wire_switch["ports"]["bob"]["interface"], "eth3");
  EXPECT_EQ(wire_switch["ports"]["bob"]["learning"], false);
}

TEST(Wiring, InterfacesHaveAddressesOfTheirOwnThatStay) {
  const LabSpec lab = lab_of(three_nodes, R"([{"ends": ["alice:eth0", "sw0"]},
                                              {"ends": ["alice:eth1", "bob:eth0"]},
                                              {"ends": ["vm:eth0", "sw0"]}])");
  const auto macs = macs_of(lab);
  EXPECT_EQ(macs, macs_of(lab));
  ASSERT_EQ(macs.size(), 4U);
  std::set<std::string> distinct;
  for (const auto& [end, mac] : macs) {
    EXPECT_THAT(mac, ::testing::StartsWith("52:54:00:"));
    distinct.insert(mac);
  }
  EXPECT_EQ(distinct.size(), macs.size());
  const Json document = wire(lab, "/labs/test").document;
  EXPECT_EQ(document["switches"]["sw0"]["ports"]["alice-eth0"]["mac"], macs.at("alice:eth0"));
  LabSpec other = lab;
  other.name = "other";
  EXPECT_NE(macs_of(other).at("alice:eth0"), macs.at("alice:eth0"));
}

// 24 bits are few: of so many interfaces some would have the same.
TEST(Wiring, NoTwoOfManyInterfacesHaveOneAddress) {
  LabSpec lab;
  lab.name = "big";
  lab.nodes["n"].name = "n";
  for (std::size_t i = 0; i < 20'000; ++i) {
    lab.links.push_back({.first = {.name = "n", .interface = "e" + std::to_string(i)},
                         .second = {.name = "sw0", .interface = ""}});
  }
  std::set<std::string> distinct;
  for (const auto& [end, mac] : macs_of(lab)) {
    distinct.insert(mac);
  }
  EXPECT_EQ(distinct.size(), lab.links.size());
}

TEST(Wiring, AddressThatIsSaidIsKept) {
  const LabSpec lab = lab_of(R"({"alice": {"interfaces": {"eth0": {"mac": "02:00:00:00:00:01"}}},
                                 "bob": {}})",
                             R"([{"ends": ["alice:eth0", "sw0"]},
                                 {"ends": ["bob:eth0", "sw0"], "mac": "02:00:00:00:00:02"}])");
  const auto macs = macs_of(lab);
  EXPECT_EQ(macs.at("alice:eth0"), "02:00:00:00:00:01");
  EXPECT_EQ(macs.at("bob:eth0"), "02:00:00:00:00:02");
}

}  // namespace wiring_test
}  // namespace tapswitch::lab
