// SPDX-License-Identifier: Apache-2.0
#include "control/config/conditions.hpp"

#include <gtest/gtest.h>

#include <string>

#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace conditions_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

PortConditions conditions_of(const char* text) {
  PortConditions conditions;
  const Json json = Json::parse(text);
  EXPECT_EQ(conditions_schema().check(json).size(), 0U) << text;
  change(conditions, json);
  return conditions;
}

TEST(ConditionsOfAPort, MembersAreOfWhatLeavesAndThoseOfInOfWhatComesIn) {
  const PortConditions conditions =
      conditions_of(R"({"delay": "50ms", "loss": "1%", "in": {"delay": "1ms", "rate": "10mbit"}})");
  EXPECT_EQ(conditions.out, (Conditions{.delay = milliseconds(50), .loss = 0.01}));
  EXPECT_EQ(conditions.in, (Conditions{.delay = milliseconds(1), .rate = 10'000'000}));
}

TEST(ConditionsOfAPort, AllOfThemAreReadAndWrittenAgain) {
  const char* const text =
      R"({"delay":"50ms","jitter":"5ms","distribution":"normal","correlation":"25%",)"
      R"("loss_model":"gemodel 1% 10% 70% 0.1%","duplicate":"2%","corrupt":"0.1%","reorder":"25%",)"
      R"("gap":5,"rate":"10mbit","burst":"32kb","queue":"1mb","seed":7,)"
      R"("in":{"loss":"3%","queue":"64kb"},"cut":"in","flap":"10s/2s"})";
  const PortConditions conditions = conditions_of(text);
  EXPECT_TRUE(conditions.in.is_cut);
  EXPECT_FALSE(conditions.out.is_cut);
  EXPECT_EQ(conditions.in.flap, (Flap{.up = seconds(10), .down = seconds(2)}));
  EXPECT_EQ(to_json(conditions), Json::parse(text));
  EXPECT_EQ(conditions_of(to_json(conditions).dump().c_str()), conditions);
}

TEST(ConditionsOfAPort, WhatIsNotNamedStays) {
  PortConditions conditions = conditions_of(R"({"delay": "50ms", "in": {"loss": "1%"}})");
  change(conditions, Json{{"in", {{"delay", "2ms"}}}, {"loss", "5%"}});
  EXPECT_EQ(
      to_json(conditions),
      Json::parse(R"({"delay": "50ms", "loss": "5%", "in": {"delay": "2ms", "loss": "1%"}})"));
  change(conditions, Json{{"delay", "0s"}, {"in", {{"loss", "0%"}}}});
  EXPECT_EQ(to_json(conditions), Json::parse(R"({"loss": "5%", "in": {"delay": "2ms"}})"));
  change(conditions, nullptr);
  EXPECT_TRUE(conditions.are_none());
}

TEST(ConditionsOfAPort, NullIsAsIfNeverSaid) {
  const Json direction = Json::parse(
      R"({"delay": "5ms", "jitter": "1ms", "distribution": "normal", "correlation": "1%",
          "loss": "1%", "duplicate": "1%", "corrupt": "1%", "reorder": "1%", "gap": 2,
          "rate": "1gbit", "burst": "10kb", "queue": "1mb", "seed": 1})");
  Json all = direction;
  all.update({{"in", direction}, {"cut", "both"}, {"flap", "1s/1s"}});
  Json none;
  for (const auto& [member, value] : all.items()) {
    none[member] = nullptr;
  }
  PortConditions conditions = conditions_of(all.dump().c_str());
  change(conditions, {{"in", nullptr}});
  EXPECT_EQ(to_json(conditions).count("in"), 0U);
  EXPECT_TRUE(conditions.in.is_cut);
  change(conditions, none);
  EXPECT_TRUE(conditions.are_none());
  EXPECT_TRUE(conditions_schema().check(none).empty());
}

TEST(ConditionsOfAPort, LossModelHasTheDefaultsOfTc) {
  const auto model_of = [](const std::string& text) {
    return *conditions_of(("{\"loss_model\": \"" + text + "\"}").c_str()).out.loss_model;
  };
  EXPECT_EQ(model_of("1%"), (BurstLoss{.to_bad = 0.01, .to_good = 0.99}));
  EXPECT_EQ(model_of("gemodel 1% 10%"), (BurstLoss{.to_bad = 0.01, .to_good = 0.1}));
}

TEST(ConditionsOfAPort, SchemaRefusesWhatIsOutOfRange) {
  for (const char* text :
       {R"({"delay": "61s"})", R"({"delay": "50"})", R"({"delay": 50})", R"({"loss": "101%"})",
        R"({"rate": "999bit"})", R"({"rate": "2tbit"})", R"({"queue": "257mb"})",
        R"({"distribution": "cauchy"})", R"({"loss_model": "gemodel"})",
        R"({"loss_model": "1% 2% 3% 4% 5%"})", R"({"flap": "10s"})", R"({"flap": "0s/1s"})",
        R"({"gap": -1})", R"({"cut": "left"})", R"({"latency": "1ms"})",
        R"({"in": {"cut": "in"}})"}) {
    EXPECT_FALSE(conditions_schema().check(Json::parse(text)).empty()) << text;
  }
}

// The field that is named, where they contradict one another.
std::string refused_field(const char* text) {
  PortConditions conditions;
  try {
    change(conditions, Json::parse(text));
  } catch (const rpc::Error& error) {
    EXPECT_TRUE(conditions.are_none());
    return error.to_json()["data"]["field"];
  }
  return "";
}

TEST(ConditionsOfAPort, ContradictionsAreRefused) {
  EXPECT_EQ(refused_field(R"({"reorder": "25%"})"), "conditions.reorder");
  EXPECT_EQ(refused_field(R"({"delay": "1ms", "gap": 5})"), "conditions.gap");
  EXPECT_EQ(refused_field(R"({"in": {"reorder": "25%"}})"), "conditions.in.reorder");
  EXPECT_EQ(refused_field(R"({"loss": "1%", "loss_model": "1%"})"), "conditions.loss_model");
  EXPECT_EQ(refused_field(R"({"burst": "32kb"})"), "conditions.burst");
  EXPECT_EQ(refused_field(R"({"queue": "0"})"), "conditions.queue");
  EXPECT_EQ(refused_field(R"({"rate": "1mbit", "burst": "9kb", "queue": "0", "delay": "1ms"})"),
            "conditions.queue");
  EXPECT_EQ(refused_field(R"({"rate": "1mbit", "burst": "9kb", "queue": "0"})"), "");
}

TEST(ConditionsOfAPort, InShort) {
  EXPECT_EQ(in_short(PortConditions()), "none");
  EXPECT_EQ(in_short(conditions_of(R"({"delay": "50ms", "in": {"loss": "1%"}, "cut": "out"})")),
            "delay 50ms, in.loss 1%, cut out");
}

}  // namespace conditions_test
}  // namespace tapswitch::config
