// SPDX-License-Identifier: Apache-2.0
#include "control/lab/read_lab.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "control/lab/wiring.hpp"
#include "tests/lab/lab_maker.hpp"

namespace tapswitch::lab {
namespace read_lab_test {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const VariableLookup no_variables = [](const std::string&) { return std::nullopt; };

constexpr const char* two_nodes = R"({"alice": {}, "bob": {}})";

std::vector<std::string> mistakes_in(std::string_view text) {
  return read_lab_text(
             text, "lab.json", "lab", [](const Need&) { return std::nullopt; }, no_variables)
      .mistakes;
}

TEST(ReadLab, WholeLabIsRead) {
  const LabSpec lab = lab_of(R"({
    "alice": {"interfaces": {"eth0": {"addresses": ["10.0.0.1/24"], "mtu": 9000}},
              "sysctls": {"net.ipv4.ip_forward": 1}, "routes": ["default via 10.0.0.2"],
              "commands": ["true", ["ip", "link"]], "processes": {"web": "httpd -f"},
              "ready": {"command": "test -e /run", "timeout_seconds": 5}},
    "vm": {"kind": "vm", "kernel": "vmlinuz", "memory_mib": 128, "after": ["alice"]}})",
                             R"([{"ends": ["alice:eth0", "sw0"]}, {"ends": ["sw0", "sw1"]},
                                 {"ends": ["vm:eth0", "sw1"], "vlan": {"mode": "access", "pvid": 7}}])");
  ASSERT_EQ(lab.nodes.size(), 2U);
  const NodeSpec& alice = lab.nodes.at("alice");
  EXPECT_EQ(alice.interfaces.at("eth0").mtu, 9000U);
  EXPECT_EQ(alice.sysctls.at("net.ipv4.ip_forward"), "1");
  EXPECT_THAT(alice.commands.at(0).words, ElementsAre("/bin/sh", "-c", "true"));
  EXPECT_THAT(alice.commands.at(1).words, ElementsAre("ip", "link"));
  EXPECT_EQ(alice.commands.at(1).text, "ip link");
  EXPECT_EQ(alice.processes.at("web").text, "httpd -f");
  EXPECT_EQ(alice.ready->timeout, std::chrono::seconds(5));
  EXPECT_EQ(lab.nodes.at("vm").machine.memory_mib, 128U);
  EXPECT_EQ(lab.nodes.at("vm").machine.append, "console=ttyS0");
  ASSERT_EQ(lab.links.size(), 3U);
  EXPECT_EQ(lab.links[0].first, (End{"alice", "eth0"}));
  EXPECT_TRUE(lab.links[1].second.is_switch());
  EXPECT_EQ(lab.links[2].port["vlan"]["pvid"], 7);
}

TEST(ReadLab, LinkToNothingIsTold) {
  EXPECT_THAT(
      mistakes_of(two_nodes, R"([{"ends": ["alice:eth0", "sw2"]}])"),
      ElementsAre("/links/0/ends/1: there is no switch 'sw2'; did you mean 'sw0' or 'sw1'?"));
  EXPECT_THAT(mistakes_of(two_nodes, R"([{"ends": ["alcie:eth0", "sw0"]}])"),
              ElementsAre("/links/0/ends/0: there is no node 'alcie'; did you mean 'alice'?"));
  EXPECT_THAT(mistakes_of(two_nodes, R"([{"ends": ["alice", "sw0"]}])"),
              ElementsAre("/links/0/ends/0: 'alice' is a node: which interface of it?"));
  EXPECT_THAT(mistakes_of(two_nodes, R"([{"ends": ["sw1:eth0", "sw0"]}])"),
              ElementsAre("/links/0/ends/0: 'sw1' is a switch, which has no interfaces"));
}

TEST(ReadLab, LinkHasTwoDifferentEnds) {
  EXPECT_THAT(
      mistakes_of(two_nodes, R"([{"ends": ["alice:eth0"]}, {"ends": ["sw0", "sw0"]}])"),
      ElementsAre("/links/0/ends: has 1 ends", "/links/1/ends/1: the same switch at both ends"));
}

TEST(ReadLab, InterfaceHasOneLink) {
  EXPECT_THAT(
      mistakes_of(two_nodes,
                  R"([{"ends": ["alice:eth0", "sw0"]}, {"ends": ["bob:eth0", "alice:eth0"]}])"),
      ElementsAre("/links/1/ends/1: a second link to alice:eth0"));
}

TEST(ReadLab, InterfaceThatNoLinkMakesIsTold) {
  EXPECT_THAT(mistakes_of(R"({"alice": {"interfaces": {"eth1": {}}}})",
                          R"([{"ends": ["alice:eth0", "sw0"]}])"),
              ElementsAre("/nodes/alice/interfaces/eth1: no link has it as an end"));
}

TEST(ReadLab, NodeAndSwitchHaveDifferentNames) {
  EXPECT_THAT(mistakes_of(R"({"sw0": {}})", "[]"),
              ElementsAre("/nodes/sw0: there is a switch 'sw0' too"));
}

TEST(ReadLab, NodesDoNotWaitForOneAnother) {
  EXPECT_THAT(mistakes_of(R"({"a": {"after": ["b"]}, "b": {"after": ["c"]}, "c": {"after": ["a"]},
                              "d": {"after": ["a", "e"]}})",
                          "[]"),
              ElementsAre("/nodes/a/after/0: 'b' waits for 'a' itself",
                          "/nodes/b/after/0: 'c' waits for 'b' itself",
                          "/nodes/c/after/0: 'a' waits for 'c' itself",
                          HasSubstr("/nodes/d/after/1: there is no node 'e'")));
}

TEST(ReadLab, SettingIsSaidOnceAndWhereItBelongs) {
  EXPECT_THAT(mistakes_of(R"({"alice": {"interfaces": {"eth0": {"mtu": 1400}}}, "bob": {},
                              "vm": {"kind": "vm", "kernel": "k"}})",
                          R"([{"ends": ["alice:eth0", "sw0"], "mtu": 1500},
                              {"ends": ["alice:eth1", "bob:eth1"], "addresses": ["10.0.0.1/24"]},
                              {"ends": ["vm:eth0", "sw0"], "addresses": ["10.0.0.2/24"]},
                              {"ends": ["sw0", "sw1"], "mac": "02:00:00:00:00:01"},
                              {"ends": ["vm:eth1", "sw0"], "type": "tap"},
                              {"ends": ["sw0", "sw1"], "type": "veth"},
                              {"ends": ["alice:eth2", "bob:eth2"], "type": "veth"}])"),
              ElementsAre("/links/0/mtu: alice:eth0 has it in its \"interfaces\" too",
                          "/links/1/addresses: which of the two nodes has it?",
                          "/links/2/addresses: a virtual machine configures its cards itself",
                          "/links/3/mac: between two switches there is no interface",
                          "/links/4/type: a virtual machine has a socket",
                          "/links/5/type: between two switches there is no interface"));
}

TEST(ReadLab, MachineHasSomethingToBoot) {
  EXPECT_THAT(
      mistakes_of(R"({"vm": {"kind": "vm", "initrd": "i", "ready": {"console": "(("}}})", "[]"),
      AllOf(Contains("/nodes/vm: has nothing to boot"),
            Contains("/nodes/vm/initrd: is for a kernel, and there is none"),
            Contains(HasSubstr("/nodes/vm/ready/console: is no regular expression"))));
}

TEST(ReadLab, MistakesOfSwitchesAndPortsAreThoseOfDocuments) {
  Json document = document_of(two_nodes, R"([{"ends": ["alice:eth0", "sw0"], "vlan": 10}])");
  document["switches"]["sw0"]["fdb"]["static"] =
      Json::parse(R"([{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "carol"}])");
  EXPECT_THAT(mistakes_of(document),
              ElementsAre(HasSubstr("/links/0/vlan: "),
                          "/switches/sw0/fdb/static/0/port: the switch has no port 'carol'"));
}

TEST(ReadLab, SflowIsThatOfDocuments) {
  Json document = document_of(two_nodes, "[]");
  document["sflow"] = Json::parse(R"({"collectors": ["192.0.2.1"]})");
  const Reading reading = read_lab(document, "file");
  EXPECT_THAT(reading.mistakes, IsEmpty());
  EXPECT_EQ(wire(reading.lab, "/labs/test").document["sflow"], document["sflow"]);
  document["sflow"]["collectors"] = Json::array();
  EXPECT_THAT(mistakes_of(document), ElementsAre("/sflow/collectors: there is none"));
}

TEST(ReadLab, StaticEntryMayLeadToALink) {
  Json document = document_of(two_nodes, R"([{"ends": ["alice:eth0", "sw0"]}])");
  document["switches"]["sw0"]["fdb"]["static"] =
      Json::parse(R"([{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "alice"}])");
  EXPECT_THAT(mistakes_of(document), IsEmpty());
}

TEST(ReadLab, PortOfALinkHasANameOfItsOwn) {
  Json document = document_of(two_nodes, R"([{"ends": ["alice:eth0", "sw0"]}])");
  document["switches"]["sw1"]["ports"]["alice"] = Json::object();
  EXPECT_THAT(
      mistakes_of(document),
      ElementsAre("/switches/sw1/ports/alice: the port of alice:eth0 is called 'alice' too"));
}

TEST(ReadLab, NameIsThatOfTheFileUnlessItSaysAnother) {
  Json document = document_of(two_nodes, "[]");
  EXPECT_EQ(read_lab(document, "file").lab.name, "test");
  document.erase("name");
  EXPECT_EQ(read_lab(document, "file").lab.name, "file");
  EXPECT_THAT(read_lab(document, "a b").mistakes, ::testing::SizeIs(1));
}

TEST(ReadLab, EveryMistakeIsToldAtItsPlaceInTheOrderOfTheFile) {
  EXPECT_THAT(mistakes_in(R"({
  "version": 1,
  "switches": {"sw0": {}},
  "nodes": {
    "alice": {},
    "bob": {"mtu": 5},
    "alice": {}
  },
  "links": [
    {"ends": ["alice:eth0", "sw9"]}
  ]
})"),
              ElementsAre(HasSubstr("lab.json:6:20: /nodes/bob/mtu: "), HasSubstr("lab.json:7:"),
                          HasSubstr("lab.json:10:29: /links/0/ends/1: there is no switch 'sw9'")));
}

TEST(ReadLab, WhatIsNoJsonIsOneMistake) {
  EXPECT_THAT(mistakes_in("{"), ElementsAre(HasSubstr("lab.json:1:")));
  EXPECT_THAT(mistakes_in(""), ElementsAre(HasSubstr("lab.json:1:1: ")));
}

TEST(ReadLab, WhatALabNeedsOfTheMachineIsAskedFor) {
  const auto needs = read_lab(document_of(R"({
    "a": {"commands": ["dnsmasq -k | cat", "X=1 foo", "cd /tmp; bar", ["./own", "-x"]],
          "routes": ["default via 10.0.0.1"]},
    "vm": {"kind": "vm", "kernel": "k", "disk": "d"}})",
                                          "[]"),
                              "test")
                         .needs;
  std::vector<std::string> found;
  for (const Need& need : needs) {
    found.push_back(need.text + " for " + need.pointer);
  }
  EXPECT_THAT(found, ElementsAre("dnsmasq for /nodes/a/commands/0", "./own for /nodes/a/commands/3",
                                 "ip for /nodes/a/routes", "k for /nodes/vm/kernel",
                                 "d for /nodes/vm/disk", "qemu-system-x86_64 for /nodes/vm"));
}

TEST(ReadLab, TwoMistakesWithOneThingAreBothTold) {
  const auto reading = read_lab_text(
      R"({"version": 1, "nodes": {"a": {"commands": ["one | two"]}, "b": {"kind": "nat"}}})",
      "lab.json", "lab",
      [](const Need& need) {
        return need.pointer == "/nodes/b" ? std::optional("no " + need.text) : std::nullopt;
      },
      no_variables);
  EXPECT_GT(std::ranges::count_if(reading.mistakes,
                                  [](const std::string& each) {
                                    return each.find("/nodes/b: no ") != std::string::npos;
                                  }),
            1);
}

TEST(ReadLab, WhatIsMissingIsAMistake) {
  const auto reading = read_lab_text(
      R"({"version": 1, "nodes": {"a": {"commands": ["nosuch"]}}})", "lab.json", "lab",
      [](const Need& need) { return std::optional("no " + need.text); }, no_variables);
  EXPECT_THAT(reading.mistakes, ElementsAre("lab.json:1:45: /nodes/a/commands/0: no nosuch"));
}

}  // namespace read_lab_test
}  // namespace tapswitch::lab
