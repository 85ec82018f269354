// SPDX-License-Identifier: Apache-2.0
#include "control/config/document.hpp"

#include <gtest/gtest.h>

#include "control/config/schema.hpp"
#include "tests/config/spec_maker.hpp"

namespace tapswitch::config {
namespace document_test {

using test::port_named;
using test::SpecMaker;
using test::tap_of;

// Returns what is read from the JSON of 'spec' by somebody who knows only the name.
PortSpec read_back(const PortSpec& spec, Format format) {
  PortSpec read;
  read.name = spec.name;
  const Json json = to_json(spec, format);
  take_type(read.far_end, json);
  change(read, json);
  return read;
}

TEST(Document, EveryPortIsReadBackFromItsJson) {
  const rpc::Schema schema = far_end_variant({}, port_fields());
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const PortSpec spec = SpecMaker(seed).port();
    for (const Format format : {Format::full, Format::minimal}) {
      const Json json = to_json(spec, format);
      ASSERT_EQ(read_back(spec, format), spec) << "seed " << seed << ": " << json;
      ASSERT_TRUE(schema.check(json).empty()) << "seed " << seed << ": " << json;
    }
  }
}

TEST(Document, MinimalPortSaysOnlyItsKind) {
  EXPECT_EQ(to_json(port_named("alice"), Format::minimal), (Json{{"type", "tap"}}));
}

TEST(Document, FullPortSaysEveryDefault) {
  EXPECT_EQ(
      to_json(port_named("alice"), Format::full).dump(),
      R"({"type":"tap","interface":"alice","persist":false,"up":true,"addresses":[],"offload":true,"reopen":false,)"
      R"("queues":1,"passed":false,"vlan":{"mode":"trunk","native":1,"native_tagged":false,"allowed":"1-4094",)"
      R"("acceptable":"all"},)"
      R"("flood":{"unknown_unicast":true,"multicast":true,"broadcast":true},)"
      R"("learning":true,"isolated":false,"hairpin":false,"kernel_path":true,"fdb_limit":0,"carrier":true,"description":""})");
}

TEST(Document, MinimalSwitchHasItsPortsOnly) {
  SwitchSpec spec;
  spec.name = "sw0";
  spec.ports = {port_named("alice")};
  EXPECT_EQ(to_json(spec, Format::minimal).dump(), R"({"ports":{"alice":{"type":"tap"}}})");
}

TEST(Document, SwitchTellsWhatDiffersFromItsDefaults) {
  SwitchSpec spec;
  spec.name = "sw0";
  spec.ageing = std::chrono::seconds(60);
  spec.fdb_capacity = 100;
  spec.rule.forwarded_reserved = 0x4001;
  spec.vlan_names = {{10, "office"}};
  spec.static_entries = {{.vlan = 10, .mac = MacAddress(0x0200'0000'0001), .port = "alice"}};
  EXPECT_EQ(to_json(spec, Format::minimal).dump(),
            R"({"fdb":{"ageing_seconds":60,"capacity":100,)"
            R"("static":[{"mac":"02:00:00:00:00:01","vlan":10,"port":"alice"}]},)"
            R"("forward_reserved":["stp","lldp"],"vlans":{"10":{"name":"office"}},"ports":{}})");
}

TEST(Document, SwitchIsReadBackFromItsJson) {
  SwitchSpec spec;
  spec.name = "sw0";
  spec.ageing = std::chrono::seconds(60);
  spec.fdb_capacity = 100;
  spec.rule.forwarded_reserved = 0x4001;
  for (const Format format : {Format::full, Format::minimal}) {
    SwitchSpec read;
    change(read, to_json(spec, format));
    EXPECT_EQ(read.ageing, spec.ageing);
    EXPECT_EQ(read.fdb_capacity, spec.fdb_capacity);
    EXPECT_EQ(read.rule, spec.rule);
  }
}

TEST(Document, ChangeTouchesOnlyWhatIsNamed) {
  const PortSpec before = SpecMaker(7).port();
  PortSpec changed = before;
  change(changed, {{"hairpin", !before.rule.hairpin}});
  PortSpec expected = before;
  expected.rule.hairpin = !before.rule.hairpin;
  EXPECT_EQ(changed, expected);
}

TEST(Document, OneFloodRuleIsChangedByItself) {
  PortSpec spec = port_named("alice");
  spec.rule.flood.multicast = false;
  change(spec, {{"flood", {{"broadcast", false}}}});
  EXPECT_EQ(spec.rule.flood, (FloodRule{true, false, false}));
}

TEST(Document, VlanRuleIsReplacedWhole) {
  PortSpec spec = port_named("alice");
  spec.rule.vlan.native_tagged = true;
  change(spec, {{"vlan", {{"mode", "trunk"}, {"allowed", "10"}}}});
  EXPECT_FALSE(spec.rule.vlan.native_tagged);
}

TEST(Document, VlanSetIsReadFromTextAndFromList) {
  EXPECT_EQ(vlan_set_from_json({3, 1, 2, 200}).to_string(), "1-3,200");
  EXPECT_EQ(vlan_set_from_json("200,1-3").to_string(), "1-3,200");
  EXPECT_EQ(vlan_set_from_json(Json::array()), VlanSet());
}

TEST(Document, NumberOfANamespaceOrAccountIsKeptInDigits) {
  PortSpec spec = port_named("alice");
  change(spec, {{"namespace", 4711}, {"owner", 0}, {"group", 4294967294U}});
  EXPECT_EQ(tap_of(spec).name_space, "4711");
  EXPECT_EQ(tap_of(spec).owner, "0");
  EXPECT_EQ(tap_of(spec).group, "4294967294");
}

TEST(Document, InterfaceIsCalledAsItsPort) {
  PortSpec spec;
  change(spec, {{"name", "alice"}});
  EXPECT_EQ(tap_of(spec).interface, "alice");
}

TEST(Document, PortNameThatCannotNameAnInterfaceNeedsOne) {
  for (const char* name : {"a234567890123456", ".", ".."}) {
    PortSpec spec;
    try {
      change(spec, {{"name", name}});
      ADD_FAILURE() << name << " was taken";
    } catch (const rpc::Error& error) {
      EXPECT_EQ(error.to_json()["data"]["field"], "interface") << name;
    }
    PortSpec with_interface;
    EXPECT_NO_THROW(change(with_interface, {{"name", name}, {"interface", "tap0"}}));
  }
}

}  // namespace document_test
}  // namespace tapswitch::config
