// SPDX-License-Identifier: Apache-2.0
#include "control/config/read_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/config/document.hpp"

namespace tapswitch::config {
namespace read_document_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json parsed(const char* text) { return Json::parse(text); }

std::vector<std::string> pointers(const Json& document, const NetworkSpec& base = {}) {
  std::vector<std::string> found;
  for (const rpc::Problem& mistake : read_document(document, base).mistakes) {
    found.push_back(mistake.field);
  }
  return found;
}

NetworkSpec network_of(const Json& document) {
  Reading reading = read_document(document);
  EXPECT_THAT(reading.mistakes, IsEmpty());
  return reading.network;
}

TEST(ReadDocument, EmptyDocumentIsANetworkWithoutSwitches) {
  EXPECT_EQ(network_of(parsed(R"({"version": 1, "switches": {}})")), NetworkSpec());
}

TEST(ReadDocument, WhatIsNotReadMayStandThere) {
  EXPECT_THAT(pointers(parsed(R"({"$schema": "x", "version": 1, "revision": 4, "switches": {}})")),
              IsEmpty());
}

TEST(ReadDocument, EmptyObjectIsNoRequestToRemoveEverything) {
  EXPECT_THAT(pointers(Json::object()), ElementsAre("/version", "/switches"));
}

// One wrong port hides no mistake of another, nor those that only a second look finds.
TEST(ReadDocument, EveryMistakeIsToldAtOnce) {
  const Json document = parsed(R"({
    "version": 1,
    "switches": {
      "sw0": {
        "fdb": {"static": [
          {"mac": "02:00:00:00:00:01", "vlan": 10, "port": "nobody"},
          {"mac": "02:00:00:00:00:01", "vlan": 20, "port": "alice"},
          {"mac": "03:00:00:00:00:01", "vlan": 10, "port": "alice"}]},
        "vlans": {"010": {"name": "x"}, "20": {}},
        "ports": {
          "alice": {"vlan": {"mode": "access", "pvid": 10}},
          "bob": {"mtu": 5, "colour": "red"},
          "a-name-that-is-too-long": {}
        }
      },
      "sw1": {"ports": {"alice": {"interface": "other"}, "carol": {"interface": "alice"}}},
      "s/2": {}
    }
  })");
  EXPECT_THAT(
      pointers(document),
      testing::UnorderedElementsAre(
          "/switches/sw0/fdb/static/0/port", "/switches/sw0/fdb/static/2/mac",
          "/switches/sw0/vlans/010", "/switches/sw0/vlans/20/name", "/switches/sw0/ports/bob/mtu",
          "/switches/sw0/ports/bob/colour", "/switches/sw0/ports/a-name-that-is-too-long/interface",
          "/switches/sw1/ports/alice", "/switches/sw1/ports/carol/interface", "/switches/s~12"));
}

TEST(ReadDocument, PatchesThatMakeARingOrNoPairAreTold) {
  EXPECT_THAT(
      pointers(parsed(R"({"version": 1, "switches": {
    "left": {"ports": {"a": {"type": "patch", "peer": "b"}, "c": {"type": "patch", "peer": "d"}}},
    "right": {"ports": {"b": {"type": "patch", "peer": "a"}, "d": {"type": "patch", "peer": "c"},
                        "e": {"type": "patch", "peer": "tap"}, "f": {"type": "patch", "peer": "a"},
                        "g": {"type": "patch", "peer": "g"}, "h": {"type": "patch"},
                        "i": {"type": "patch", "peer": "nobody-yet"}}},
    "third": {"ports": {"tap": {}}}}})")),
      testing::UnorderedElementsAre("/switches/right/ports/d/peer", "/switches/right/ports/f/peer",
                                    "/switches/right/ports/g/peer", "/switches/right/ports/h/peer",
                                    "/switches/third/ports/tap"));
}

TEST(ReadDocument, RingWithWhatRunsIsTold) {
  const NetworkSpec running = network_of(parsed(R"({"version": 1, "switches": {
    "left": {"ports": {"a": {"type": "patch", "peer": "b"}}},
    "right": {"ports": {"b": {"type": "patch", "peer": "a"}}}}})"));
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {
                "left": {"ports": {"c": {"type": "patch", "peer": "d"}}},
                "right": {"ports": {"d": {"type": "patch", "peer": "c"}}}}})"),
                       running),
              ElementsAre("/switches/right/ports/d/peer"));
}

TEST(ReadDocument, SameInterfaceInAnotherNamespaceIsAnother) {
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "a": {"interface": "eth0", "namespace": "one"},
      "b": {"interface": "eth0", "namespace": "two"},
      "c": {"interface": "eth0"}}}}})")),
              IsEmpty());
}

TEST(ReadDocument, StaticEntryMayWaitForItsVlan) {
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {
      "ports": {"a": {"vlan": {"mode": "access", "pvid": 10}}},
      "fdb": {"static": [{"mac": "02:00:00:00:00:01", "vlan": 20, "port": "a"}]}}}})")),
              IsEmpty());
}

TEST(ReadDocument, StationTwiceInOneVlanIsAMistake) {
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {"a": {}},
      "fdb": {"static": [{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "a"},
                         {"mac": "02-00-00-00-00-01", "vlan": 1, "port": "a"}]}}}})")),
              ElementsAre("/switches/sw0/fdb/static/1"));
}

TEST(ReadDocument, MoreStaticEntriesThanTheTableHoldsAreAMistake) {
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {"a": {}},
      "fdb": {"capacity": 1, "static": [{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "a"},
                                        {"mac": "02:00:00:00:00:02", "vlan": 1, "port": "a"}]}}}})")),
              ElementsAre("/switches/sw0/fdb/static"));
}

TEST(ReadDocument, NoMoreThanSoManyMistakesAreTold) {
  Json document = {{"version", 1}, {"switches", Json::object()}};
  for (int i = 0; i < 100; ++i) {
    document["switches"]["s" + std::to_string(i)] = {{"x", 1}};
  }
  EXPECT_EQ(pointers(document).size(), most_mistakes);
}

TEST(ReadDocument, MergingKeepsWhatIsNotNamed) {
  const NetworkSpec base = network_of(parsed(R"({"version": 1, "switches": {"sw0": {
      "fdb": {"ageing_seconds": 60,
              "static": [{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "alice"}]},
      "vlans": {"10": {"name": "office"}},
      "ports": {"alice": {"mtu": 9000}, "bob": {}}}}})"));
  const Reading merged = read_document(parsed(R"({"version": 1, "switches": {"sw0": {
      "fdb": {"static": [{"mac": "02:00:00:00:00:02", "vlan": 1, "port": "bob"}]},
      "ports": {"alice": {"isolated": true}, "carol": {}}}}})"),
                                       base);
  EXPECT_THAT(merged.mistakes, IsEmpty());
  EXPECT_EQ(to_json(merged.network, Format::minimal)["switches"]["sw0"].dump(),
            R"({"fdb":{"ageing_seconds":60,"static":[)"
            R"({"mac":"02:00:00:00:00:01","vlan":1,"port":"alice"},)"
            R"({"mac":"02:00:00:00:00:02","vlan":1,"port":"bob"}]},)"
            R"("vlans":{"10":{"name":"office"}},"ports":{)"
            R"("alice":{"type":"tap","mtu":9000,"isolated":true},)"
            R"("bob":{"type":"tap"},"carol":{"type":"tap"}}})");
}

TEST(ReadDocument, MergedPortStaysOfItsKindUnlessItsTypeIsNamed) {
  const NetworkSpec base = network_of(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "vm": {"type": "qemu", "listen": "unix:/run/vm.sock"}, "uplink": {"type": "interface"},
      "lan": {"type": "vde", "directory": "/run/lan"}, "left": {"type": "patch", "peer": "right"},
      "card": {"type": "interface"}}},
      "sw1": {"ports": {"right": {"type": "patch", "peer": "left"}}}}})"));
  const Reading merged = read_document(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "vm": {"isolated": true}, "uplink": {"isolated": true}, "lan": {"isolated": true},
      "left": {"isolated": true}, "card": {"type": "tap"}, "new": {"mtu": 1400}}}}})"),
                                       base);
  EXPECT_THAT(merged.mistakes, IsEmpty());
  const Json ports = to_json(merged.network, Format::minimal)["switches"]["sw0"]["ports"];
  EXPECT_EQ(ports["vm"].dump(), R"({"type":"qemu","listen":"unix:/run/vm.sock","isolated":true})");
  EXPECT_EQ(ports["uplink"].dump(), R"({"type":"interface","isolated":true})");
  EXPECT_EQ(ports["lan"].dump(), R"({"type":"vde","directory":"/run/lan","isolated":true})");
  EXPECT_EQ(ports["left"].dump(), R"({"type":"patch","peer":"right","isolated":true})");
  EXPECT_EQ(ports["card"].dump(), R"({"type":"tap"})");
  EXPECT_EQ(ports["new"].dump(), R"({"type":"tap","mtu":1400})");
}

TEST(ReadDocument, MergingKnowsTheMembersOfTheKindThatRuns) {
  const NetworkSpec base = network_of(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "vm": {"type": "qemu", "listen": "unix:/run/vm.sock"}}}}})"));
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "vm": {"listen": "tcp:127.0.0.1:4711"}}}}})"),
                       base),
              IsEmpty());
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {
      "vm": {"addresses": []}}}}})"),
                       base),
              ElementsAre("/switches/sw0/ports/vm/addresses"));
}

TEST(ReadDocument, MergingMeetsAnyShape) {
  const NetworkSpec base =
      network_of(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {"alice": {}}}}})"));
  for (const char* text :
       {"[]", "7", R"({"version": 1, "switches": []})", R"({"version": 1, "switches": {"sw0": 1}})",
        R"({"version": 1, "switches": {"sw0": {"ports": null}}})",
        R"({"version": 1, "switches": {"sw0": {"ports": {"alice": "tap"}}}})"}) {
    EXPECT_FALSE(pointers(parsed(text), base).empty()) << text;
  }
}

TEST(ReadDocument, MergedPortMustNotTakeTheInterfaceOfOneThatRuns) {
  const NetworkSpec base =
      network_of(parsed(R"({"version": 1, "switches": {"sw0": {"ports": {"alice": {}}}}})"));
  EXPECT_THAT(pointers(parsed(R"({"version": 1, "switches": {
      "sw0": {"ports": {"bob": {"interface": "alice"}}}, "sw1": {"ports": {"alice": {}}}}})"),
                       base),
              ElementsAre("/switches/sw0/ports/bob/interface", "/switches/sw1/ports/alice"));
}

TEST(ReadDocument, RefusalHasAllMistakesForPrograms) {
  try {
    (void)read_or_refuse(parsed(R"({"version": 2, "switches": []})"));
    FAIL();
  } catch (const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    EXPECT_EQ(data["kind"], "invalid_params");
    EXPECT_EQ(data["pointer"], "/version");
    EXPECT_EQ(data["problems"].size(), 2U);
    EXPECT_THAT(error.what(), HasSubstr("and 1 more"));
  }
}

TEST(ReadDocument, MistakesOfAFileHaveLineAndColumn) {
  const char* const text = R"({
  "version": 1,
  "switches": {
    "sw0": {"ports": {"alice": {"mtu": 5}}}
  }
})";
  EXPECT_THAT(read_file_text(text, "lab.json").mistakes,
              ElementsAre("lab.json:4:40: /switches/sw0/ports/alice/mtu: 5 is out of range "
                          "(allowed: 68..65521)"));
}

TEST(ReadDocument, FileThatIsNoJsonSaysWhere) {
  const auto mistakes = read_file_text("{\n  \"version\": }", "lab.json").mistakes;
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_THAT(mistakes[0], testing::StartsWith("lab.json:2:14: "));
}

TEST(ReadDocument, FileBeyondTheLimitIsNotRead) {
  const auto mistakes =
      read_file_text(std::string(most_document_bytes + 1, ' '), "lab.json").mistakes;
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_THAT(mistakes[0], HasSubstr("longer than"));
}

TEST(ReadDocument, DeepNestingIsAMistakeOfTheText) {
  EXPECT_EQ(read_file_text(std::string(100'000, '['), "lab.json").mistakes.size(), 1U);
}

}  // namespace read_document_test
}  // namespace tapswitch::config
