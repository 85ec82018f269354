// SPDX-License-Identifier: Apache-2.0
#include "control/config/mirrors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"

namespace tapswitch::config {
namespace mirrors_test {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A document of sw0 with alice, bob, carol and a door, and of sw1 with far.
Json document_with(const char* mirrors, const char* mirrors_of_sw1 = "{}") {
  Json document = Json::parse(R"({"version": 1, "switches": {
    "sw0": {"ports": {"alice": {"type": "tap"}, "bob": {"type": "tap"}, "carol": {"type": "tap"},
                      "door": {"type": "vde", "directory": "/run/vde"},
                      "slow": {"type": "tap", "conditions": {"delay": "5ms"}}}},
    "sw1": {"ports": {"far": {"type": "tap"}}}}})");
  document["switches"]["sw0"]["mirrors"] = Json::parse(mirrors);
  document["switches"]["sw1"]["mirrors"] = Json::parse(mirrors_of_sw1);
  return document;
}

std::vector<std::string> mistakes_in(const Json& document) {
  std::vector<std::string> found;
  for (const rpc::Problem& mistake : read_document(document).mistakes) {
    found.push_back(mistake.field + ": " + mistake.problem);
  }
  return found;
}

NetworkSpec network_with(const char* mirrors) {
  Reading reading = read_document(document_with(mirrors));
  EXPECT_THAT(reading.mistakes, IsEmpty());
  return std::move(reading.network);
}

TEST(MirrorSpec, WhatIsNotSaidIsEverything) {
  const NetworkSpec network = network_with(R"({"m": {"to_port": "bob"}})");
  const MirrorSpec& mirror = network.switches.at("sw0").mirrors.at("m");
  EXPECT_EQ(mirror, (MirrorSpec{.name = "m", .to_port = "bob"}));
  EXPECT_EQ(to_json(mirror, Format::minimal), Json::parse(R"({"to_port": "bob"})"));
}

TEST(MirrorSpec, IsWrittenAsItIsRead) {
  const Json whole = Json::parse(R"({"from_port": ["alice", "door"], "from_vlan": "10,20-22",
    "direction": "out", "to_port": "bob", "snaplen": 64, "filter": "arp"})");
  EXPECT_EQ(to_json(mirror_from_json("m", whole), Format::minimal), whole);
  EXPECT_EQ(to_json(mirror_from_json("m", whole), Format::full), whole);
}

TEST(MirrorSpec, WhatDoesNotGoTogetherIsAMistake) {
  constexpr const char* at = "/switches/sw0/mirrors/m/";
  struct Case {
    const char* mirrors;
    std::string mistake;
  };
  const Case cases[] = {
      {R"({"m": {"to_port": "nobody"}})", "to_port: there is no port 'nobody'"},
      {R"({"m": {"to_port": "far"}})", "to_port: port 'far' is on switch 'sw1'"},
      {R"({"m": {"to_port": "door"}})",
       "to_port: port 'door' is a door, and those behind it come and go"},
      {R"({"m": {"to_port": "slow"}})",
       "to_port: port 'slow' has conditions, which copies do not have"},
      {R"({"m": {"to_port": "bob", "from_port": ["bob"]}})",
       "from_port: port 'bob' would be mirrored to itself"},
      {R"({"m": {"to_port": "bob", "from_port": ["nobody"]}})",
       "from_port: there is no port 'nobody'"},
      {R"({"m": {"to_port": "bob", "from_port": ["far"]}})",
       "from_port: port 'far' is on switch 'sw1'"},
  };
  for (const Case& row : cases) {
    EXPECT_THAT(mistakes_in(document_with(row.mirrors)), ElementsAre(at + row.mistake));
  }
}

TEST(MirrorSpec, FilterThatDoesNotCompileIsAMistake) {
  EXPECT_THAT(mistakes_in(document_with(R"({"m": {"to_port": "bob", "filter": "tcp prot 80"}})")),
              ElementsAre(AllOf(StartsWith("/switches/sw0/mirrors/m/filter: "),
                                HasSubstr("syntax error"))));
}

TEST(MirrorSpec, MirrorsDoNotFollowOneAnother) {
  EXPECT_THAT(mistakes_in(document_with(
                  R"({"m": {"to_port": "bob", "from_port": ["alice"]},
                      "n": {"to_port": "carol", "from_port": ["bob"]}})")),
              ElementsAre("/switches/sw0/mirrors/m/to_port: port 'bob' is mirrored by mirror 'n'",
                          "/switches/sw0/mirrors/n/from_port: port 'bob' is the destination of "
                          "mirror 'm'"));
  EXPECT_THAT(mistakes_in(document_with(R"({"m": {"to_port": "bob"}, "n": {"to_port": "carol"},
                                            "o": {"to_port": "bob", "from_port": ["alice"]}})")),
              IsEmpty());
}

TEST(MirrorSpec, NameOccursOnce) {
  EXPECT_THAT(
      mistakes_in(document_with(R"({"m": {"to_port": "bob"}})", R"({"m": {"to_port": "far"}})")),
      ElementsAre("/switches/sw1/mirrors/m: switch 'sw0' has a mirror 'm' too"));
}

TEST(MirrorSpec, PlanTellsWhatChanges) {
  const auto lines = [](const char* running, const char* wanted) {
    std::vector<std::string> found;
    for (const Step& step : plan(network_with(running), network_with(wanted))) {
      for (const PlanLine& line : step.lines) {
        found.push_back(line.text + (line.disturbs ? " !" : ""));
      }
    }
    return found;
  };
  constexpr const char* of_alice = R"({"m": {"to_port": "bob", "from_port": ["alice"]}})";
  constexpr const char* of_all = R"({"m": {"to_port": "bob"}})";
  constexpr const char* to_carol = R"({"m": {"to_port": "carol"}})";
  EXPECT_THAT(lines("{}", of_alice), ElementsAre("+ mirror m of alice to bob !"));
  EXPECT_THAT(lines(of_alice, "{}"), ElementsAre("- mirror m"));
  EXPECT_THAT(lines(of_alice, of_all), ElementsAre("~ from_port of mirror m: alice -> all"));
  EXPECT_THAT(lines(of_all, to_carol), ElementsAre("~ to_port of mirror m: bob -> carol !"));
  EXPECT_THAT(lines(of_all, of_all), IsEmpty());
}

// Ports that a successor cannot have are left out with what is mirrored of them.
TEST(MirrorSpec, LeavesWithItsPorts) {
  SwitchSpec home = network_with(R"({"to-bob": {"to_port": "bob"},
                                     "of-alice": {"to_port": "carol", "from_port": ["alice"]},
                                     "of-two": {"to_port": "carol", "from_port": ["alice", "door"]},
                                     "of-all": {"to_port": "carol"}})")
                        .switches.at("sw0");
  (void)remove_ports(
      home, [](const PortSpec& port) { return port.name == "alice" || port.name == "bob"; });
  std::vector<std::string> left;
  for (const auto& [name, mirror] : home.mirrors) {
    left.push_back(in_words(mirror));
  }
  EXPECT_THAT(left,
              ElementsAre("mirror of-all of all ports to carol", "mirror of-two of door to carol"));
}

}  // namespace mirrors_test
}  // namespace tapswitch::config
