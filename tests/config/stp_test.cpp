// SPDX-License-Identifier: Apache-2.0
#include "control/config/stp.hpp"

#include <gtest/gtest.h>

#include <string>

#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace stp_test {

StpSpec spec_of(const char* text, StpSpec spec = {}) {
  const Json json = Json::parse(text);
  EXPECT_EQ(stp_schema().check(json).size(), 0U) << text;
  change(spec, json);
  return spec;
}

PortStp port_of(const char* text, PortStp spec = {}) {
  const Json json = Json::parse(text);
  EXPECT_EQ(port_stp_schema().check(json).size(), 0U) << text;
  change(spec, json);
  return spec;
}

// Returns the field that is refused.
template <typename Spec>
std::string refused_field(const char* text) {
  Spec spec;
  const Spec before = spec;
  try {
    change(spec, Json::parse(text));
  } catch (const rpc::Error& error) {
    EXPECT_EQ(spec, before);
    return error.to_json()["data"]["field"];
  }
  return "none";
}

TEST(StpOfASwitch, WhatIsNamedIsChangedAndTheRestStays) {
  const StpSpec made = spec_of(R"({"mode": "rstp", "priority": 4096, "hello_seconds": 1})");
  EXPECT_TRUE(made.is_on);
  EXPECT_TRUE(made.settings.is_rapid);
  const StpSpec changed = spec_of(R"({"mode": "stp"})", made);
  EXPECT_FALSE(changed.settings.is_rapid);
  EXPECT_EQ(changed.settings.priority, 4'096);
  EXPECT_EQ(spec_of("null", changed), StpSpec());
}

TEST(StpOfASwitch, IsWrittenAsItIsRead) {
  const char* const text = R"({"mode": "stp", "priority": 8192, "max_age_seconds": 10,
                               "forward_delay_seconds": 6, "hold_count": 3,
                               "address": "02:00:00:00:00:07"})";
  EXPECT_EQ(to_json(spec_of(text)), Json::parse(text));
  EXPECT_EQ(to_json(StpSpec()), Json::object());
  EXPECT_EQ(in_short(spec_of(R"({"mode": "rstp", "priority": 0})")), "rstp, priority 0");
  EXPECT_EQ(in_short(StpSpec()), "off");
}

TEST(StpOfASwitch, PrioritiesAreInStepsAndTimesGoTogether) {
  EXPECT_EQ(refused_field<StpSpec>(R"({"priority": 5000})"), "stp.priority");
  EXPECT_EQ(refused_field<StpSpec>(R"({"forward_delay_seconds": 4})"), "stp.max_age_seconds");
  EXPECT_EQ(refused_field<StpSpec>(R"({"hello_seconds": 10})"), "stp.max_age_seconds");
  EXPECT_EQ(refused_field<StpSpec>(R"({"forward_delay_seconds": 4, "max_age_seconds": 6})"),
            "none");
  for (const char* text : {R"({"mode": "mstp"})", R"({"priority": 65536})", R"({"hello": 2})",
                           R"({"address": "01:80:c2:00:00:00"})", R"({"hold_count": 0})"}) {
    EXPECT_FALSE(stp_schema().check(Json::parse(text)).empty()) << text;
  }
}

TEST(StpOfAPort, IsWrittenAsItIsRead) {
  const char* const text = R"({"priority": 16, "path_cost": 7, "admin_edge": true,
                               "auto_edge": false, "point_to_point": false, "bpdu_guard": true,
                               "root_guard": true, "restricted_tcn": true, "bpdu_filter": true})";
  EXPECT_EQ(to_json(port_of(text)), Json::parse(text));
  EXPECT_EQ(port_of(R"({"path_cost": "auto", "point_to_point": "auto"})", port_of(text)).path_cost,
            std::nullopt);
  EXPECT_EQ(port_of("null", port_of(text)), PortStp());
  EXPECT_EQ(in_short(port_of(R"({"admin_edge": true, "path_cost": 5})")),
            "path_cost 5, admin_edge");
  EXPECT_EQ(in_short(PortStp()), "none");
  EXPECT_EQ(refused_field<PortStp>(R"({"priority": 100})"), "stp.priority");
}

TEST(StpOfAPort, CostsFollowTheSpeed) {
  EXPECT_EQ(path_cost_of(100), 200'000U);
  EXPECT_EQ(path_cost_of(1'000), 20'000U);
  EXPECT_EQ(path_cost_of(usual_speed), 2'000U);
  EXPECT_EQ(path_cost_of(100'000'000), 1U);
  EXPECT_EQ(path_cost_of(0), 20'000'000U);
}

TEST(StpInADocument, ComesBackAndIsCompared) {
  const Json document = Json::parse(R"({"version": 1, "switches": {"sw0": {
      "stp": {"mode": "rstp", "priority": 4096},
      "ports": {"a": {"type": "tap", "stp": {"admin_edge": true}}}}}})");
  const Reading reading = read_document(document);
  ASSERT_TRUE(reading.mistakes.empty());
  const Json written = to_json(reading.network, Format::minimal);
  EXPECT_EQ(written["switches"]["sw0"]["stp"], document["switches"]["sw0"]["stp"]);
  EXPECT_EQ(written["switches"]["sw0"]["ports"]["a"]["stp"], Json({{"admin_edge", true}}));
  NetworkSpec other = reading.network;
  other.switches["sw0"].stp = {};
  other.switches["sw0"].ports[0].stp = {};
  const auto steps = plan(other, reading.network);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].lines[0].text, "~ stp of switch sw0: off -> rstp, priority 4096");
  EXPECT_TRUE(steps[0].lines[0].disturbs);
  EXPECT_EQ(steps[1].lines[0].text, "~ stp of a: none -> admin_edge");
}

TEST(StpInADocument, MistakesHaveTheirPlaces) {
  const Reading reading = read_document(Json::parse(R"({"version": 1, "switches": {"sw0": {
      "stp": {"priority": 1}, "ports": {"a": {"type": "tap", "stp": {"priority": 1}}}}}})"));
  ASSERT_EQ(reading.mistakes.size(), 2U);
  EXPECT_EQ(reading.mistakes[0].field, "/switches/sw0/stp/priority");
  EXPECT_EQ(reading.mistakes[1].field, "/switches/sw0/ports/a/stp/priority");
}

}  // namespace stp_test
}  // namespace tapswitch::config
