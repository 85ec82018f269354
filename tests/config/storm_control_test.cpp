// SPDX-License-Identifier: Apache-2.0
#include "control/config/storm_control.hpp"

#include <gtest/gtest.h>

#include <string>

#include "control/config/document.hpp"
#include "control/rpc/error.hpp"
#include "tests/config/spec_maker.hpp"

namespace tapswitch::config {
namespace storm_control_test {

using Unit = StormLimit::Unit;

StormRule rule_of(const char* text) {
  StormRule rule;
  const Json json = Json::parse(text);
  EXPECT_EQ(storm_control_schema().check(json).size(), 0U) << text;
  change(rule, json);
  return rule;
}

StormLimit limit_of(const std::string& limit) {
  return rule_of((R"({"broadcast": )" + limit + '}').c_str()).of(FloodKind::broadcast);
}

TEST(StormControlOfAPort, RatesAreOfFramesOfBitsOrShares) {
  EXPECT_EQ(limit_of(R"({"rate": "500pps"})"), (StormLimit{.unit = Unit::frames, .rate = 500}));
  EXPECT_EQ(limit_of(R"({"rate": "10mbit"})"), (StormLimit{.unit = Unit::bits, .rate = 10e6}));
  EXPECT_EQ(limit_of(R"({"rate": "5%"})"), (StormLimit{.unit = Unit::share, .rate = 0.05}));
}

TEST(StormControlOfAPort, BurstIsOfFramesOrBytesAsTheRateIs) {
  EXPECT_EQ(limit_of(R"({"rate": "500pps", "burst": 50})").burst, 50U);
  EXPECT_EQ(limit_of(R"({"rate": "10mbit", "burst": "64kb"})").burst, 65'536U);
  EXPECT_EQ(limit_of(R"({"rate": "5%", "burst": 3000})").burst, 3'000U);
}

TEST(StormControlOfAPort, AllIsReadAndWrittenAgain) {
  const char* const text =
      R"({"broadcast":{"rate":"500pps","burst":50},"multicast":{"rate":"10mbit","burst":"64kb"},)"
      R"("unknown_unicast":{"rate":"5%"}})";
  const StormRule rule = rule_of(text);
  EXPECT_EQ(to_json(rule).dump(), text);
  EXPECT_EQ(in_short(rule),
            "broadcast 500pps burst 50, multicast 10mbit burst 64kb, unknown_unicast 5%");
  EXPECT_EQ(rule_of(to_json(rule).dump().c_str()), rule);
  EXPECT_EQ(in_short(StormRule()), "none");
}

TEST(StormControlOfAPort, WhatIsNotNamedStaysAndNullClears) {
  StormRule rule = rule_of(R"({"broadcast": {"rate": "500pps", "burst": 50}})");
  change(rule, Json::parse(R"({"multicast": {"rate": "5%"}})"));
  change(rule, Json::parse(R"({"broadcast": {"rate": "1mbit"}})"));
  EXPECT_EQ(to_json(rule),
            Json::parse(R"({"broadcast": {"rate": "1mbit"}, "multicast": {"rate": "5%"}})"));
  change(rule, Json::parse(R"({"broadcast": null})"));
  EXPECT_EQ(to_json(rule), Json::parse(R"({"multicast": {"rate": "5%"}})"));
  change(rule, nullptr);
  EXPECT_TRUE(rule.is_none());
}

TEST(StormControlOfAPort, SchemaRefusesWhatIsOutOfRange) {
  for (const char* limit :
       {R"({"rate": "0pps"})", R"({"rate": "500"})", R"({"rate": 500})", R"({"rate": "999bit"})",
        R"({"rate": "2tbit"})", R"({"rate": "101%"})", R"({"rate": "0%"})", R"({"rate": "5"})",
        R"({"rate": "2000mpps"})", R"({"burst": 5})", R"("500pps")", R"(true)",
        R"({"rate": "500pps", "burst": 0})", R"({"rate": "10mbit", "burst": "257mb"})",
        R"({"rate": "10mbit", "delay": "1ms"})"}) {
    const std::string text = std::string(R"({"broadcast": )") + limit + '}';
    EXPECT_FALSE(storm_control_schema().check(Json::parse(text)).empty()) << text;
  }
  EXPECT_FALSE(storm_control_schema().check(Json::parse(R"({"unicast": null})")).empty());
}

TEST(StormControlOfAPort, MistakeNamesTheFieldAndWhatIsAllowed) {
  const auto problems = storm_control_schema().check(
      Json::parse(R"({"broadcast": {"rate": "500"}})"), "storm_control");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].field, "storm_control.broadcast.rate");
  EXPECT_EQ(problems[0].allowed,
            "1pps to 1000mpps, 1kbit to 1tbit, or 0.001% to 100% of the link's speed");
}

// Returns why a rule with a limit of broadcasts refuses that; it stays as it was.
Json refused(const char* text) {
  StormRule rule = rule_of(R"({"broadcast": {"rate": "7pps"}})");
  const StormRule before = rule;
  try {
    change(rule, Json::parse(text));
  } catch (const rpc::Error& error) {
    EXPECT_EQ(rule, before);
    return error.to_json()["data"];
  }
  return {};
}

TEST(StormControlOfAPort, BurstThatDoesNotFitItsRateIsRefused) {
  const Json of_bytes = refused(R"({"multicast": {"rate": "500pps", "burst": "64kb"}})");
  EXPECT_EQ(of_bytes["field"], "storm_control.multicast.burst");
  EXPECT_EQ(of_bytes["problem"], "the rate is one of frames, and this is a size in bytes");
  EXPECT_EQ(of_bytes["allowed"], "1 to 1000000 frames, as 50");
  EXPECT_EQ(refused(R"({"broadcast": {"rate": "500pps", "burst": 1000001}})")["problem"],
            "1000001 frames are too many");
  const Json small = refused(R"({"unknown_unicast": {"rate": "5%", "burst": 50}})");
  EXPECT_EQ(small["field"], "storm_control.unknown_unicast.burst");
  EXPECT_EQ(small["problem"], "50 bytes are less than a full frame");
  EXPECT_EQ(small["allowed"], "1514 to 256mb, as 64kb");
}

TEST(StormControlOfAPort, IsWrittenOnlyWhereThereIsAny) {
  PortSpec spec = test::port_named("alice");
  EXPECT_FALSE(to_json(spec, Format::full).contains("storm_control"));
  change(spec, Json::parse(R"({"storm_control": {"broadcast": {"rate": "500pps"}}})"));
  const Json limits = Json::parse(R"({"broadcast": {"rate": "500pps"}})");
  EXPECT_EQ(to_json(spec, Format::full)["storm_control"], limits);
  EXPECT_EQ(to_json(spec, Format::minimal)["storm_control"], limits);
}

}  // namespace storm_control_test
}  // namespace tapswitch::config
