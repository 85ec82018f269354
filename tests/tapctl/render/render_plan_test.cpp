// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/api/methods.hpp"
#include "tools/tapctl/render/render.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace render_plan_test {

using testing::HasSubstr;

const Json three_steps = {{"revision", 7},
                          {"plan",
                           {{{"step", "+ port bob"}, {"disturbs", false}},
                            {{"step", "~ vlan of alice: 10 -> 20"}, {"disturbs", true}},
                            {{"step", "- port carol"}, {"disturbs", true}}}}};

TEST(RenderPlan, StepsAreLinesAndThoseThatDisturbAreMarked) {
  EXPECT_EQ(render("config.diff", {}, three_steps, {}),
            "+ port bob\n"
            "~ vlan of alice: 10 -> 20   (disturbs traffic)\n"
            "- port carol   (disturbs traffic)\n");
}

TEST(RenderPlan, EachKindOfStepHasItsColour) {
  const std::string text = render_steps(three_steps, {.in_colour = true});
  EXPECT_THAT(text, HasSubstr("\x1b[32m+ port bob"));
  EXPECT_THAT(text, HasSubstr("\x1b[33m~ vlan"));
  EXPECT_THAT(text, HasSubstr("\x1b[31m- port carol"));
}

TEST(RenderPlan, ApplySaysHowItEnded) {
  EXPECT_THAT(render("config.apply", Json::object(), three_steps, {}),
              testing::EndsWith("done: revision 7\n"));
  EXPECT_THAT(render("config.apply", {{"dry_run", true}}, three_steps, {}),
              testing::EndsWith("this was a dry run\n"));
  Json warned = three_steps;
  warned["warnings"] = {"port 'bob': one\nthing"};
  EXPECT_THAT(render("config.apply", Json::object(), warned, {}),
              testing::EndsWith("done: revision 7\nwarning: port 'bob': one\\x0athing\n"));
  const Json none = {{"revision", 7}, {"plan", Json::array()}};
  EXPECT_EQ(render("config.apply", Json::object(), none, {}), "no difference\n");
}

TEST(RenderPlan, WhatAStrangerWroteGivesNoOrdersToTheTerminal) {
  const Json result = {{"revision", 1},
                       {"plan", {{{"step", "~ description of a: \x1b[2J"}, {"disturbs", false}}}}};
  EXPECT_EQ(render_steps(result, {}).find('\x1b'), std::string::npos);
}

TEST(RenderPlan, FileOfApplyIsReadLater) {
  const auto call = std::get<Call>(
      parse_arguments({"apply", "lab.json", "--mode", "merge"}, api::methods()).request);
  EXPECT_EQ(call.method, "config.apply");
  EXPECT_EQ(call.document.file, "lab.json");
  EXPECT_EQ(call.params["mode"], "merge");
}

TEST(RenderPlan, DocumentMayStandOnTheLine) {
  const auto call = std::get<Call>(
      parse_arguments({"config", "diff", "--config", R"({"version": 1})"}, api::methods()).request);
  EXPECT_EQ(call.document.file, "");
  EXPECT_EQ(call.params["config"], (Json{{"version", 1}}));
}

TEST(RenderPlan, TextThatIsNoJsonIsWrongUsage) {
  try {
    (void)parse_document({.file = "lab.json", .text = "{\n  5"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("lab.json:2:3: "));
  }
}

TEST(RenderPlan, MistakeHasThePlaceInTheFile) {
  const Json problem = {{"pointer", "/a/b"}, {"problem", "5 is out of range"}, {"allowed", "6..7"}};
  EXPECT_EQ(describe_mistake(problem, {.file = "lab.json", .text = "{\"a\":\n{\"b\": 5}}"}),
            "lab.json:2:7: /a/b: 5 is out of range (allowed: 6..7)");
  EXPECT_EQ(describe_mistake(problem, {}), "/a/b: 5 is out of range (allowed: 6..7)");
}

}  // namespace render_plan_test
}  // namespace tapswitch::tapctl
