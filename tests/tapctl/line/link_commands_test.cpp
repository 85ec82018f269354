// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/link_commands.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/tapctl/line/arguments.hpp"
#include "tools/tapctl/line/completion.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace link_commands_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

Call call_of(const Words& words) {
  return std::get<Call>(parse_arguments(words, nouns_and_verbs()).request);
}

// JSON without the order of its members, in which options are put together.
nlohmann::json unordered(const Json& json) { return nlohmann::json::parse(json.dump()); }

std::string complaint_about(const Words& words) {
  try {
    (void)call_of(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string completion_of(const Words& words) {
  return complete(words, nouns_and_verbs(), [](const std::string& noun, const Manner& manner) {
    return noun == "end" && manner.lab == "x" ? Words{"alice:eth0", "sw0"} : Words{};
  });
}

TEST(LinkCommands, NounAloneLists) { EXPECT_EQ(call_of({"link"}).method, "link.list"); }

TEST(LinkCommands, ConditionsAreThoseOfPorts) {
  const Call call = call_of({"link", "set", "a:eth0", "--delay", "50ms", "--loss=5%", "--jitter",
                             "5ms", "--rate", "10mbit", "--corruption", "1"});
  EXPECT_EQ(call.method, "link.set");
  EXPECT_EQ(
      unordered(call.params),
      nlohmann::json::parse(R"({"ends": ["a:eth0"], "conditions": {"delay": "50ms", "loss": "5%",
                            "jitter": "5ms", "rate": "10mbit", "corrupt": "1"}})"));
  EXPECT_EQ(call.spelling.at("conditions.loss"), "--loss");
}

TEST(LinkCommands, BothEndsAndADirectionMayBeSaid) {
  const Call call = call_of({"link", "set", "a:eth0", "sw0", "--direction", "b-to-a", "--cut"});
  EXPECT_EQ(unordered(call.params),
            nlohmann::json::parse(R"({"ends": ["a:eth0", "sw0"], "direction": "b-to-a",
                                         "conditions": {"cut": true}})"));
  EXPECT_EQ(call_of({"link", "set", "a:eth0", "--cut", "no"}).params["conditions"]["cut"], false);
}

TEST(LinkCommands, ClearTakesAll) {
  EXPECT_TRUE(call_of({"link", "set", "a:eth0", "--clear"}).params["conditions"].is_null());
  EXPECT_THAT(complaint_about({"link", "set", "a:eth0", "--clear", "--loss", "1%"}),
              HasSubstr("--clear"));
}

TEST(LinkCommands, WhatIsWrongIsTold) {
  EXPECT_THAT(complaint_about({"link", "set"}), HasSubstr("ENDS"));
  EXPECT_THAT(complaint_about({"link", "set", "a:b:c", "--loss", "1%"}), HasSubstr("ENDS"));
  EXPECT_THAT(complaint_about({"link", "set", "a:x", "b:x", "c:x", "--cut"}), HasSubstr("2"));
  EXPECT_THAT(complaint_about({"link", "set", "a:eth0", "--delay", "61s"}), HasSubstr("--delay: "));
  EXPECT_THAT(complaint_about({"link", "set", "a:eth0", "--direction", "up"}),
              HasSubstr("a-to-b, b-to-a, both"));
  EXPECT_THAT(complaint_about({"link", "set", "a:eth0", "--in-delay", "1ms"}),
              HasSubstr("there is no option --in-delay"));
  EXPECT_THAT(complaint_about({"link", "sett"}), HasSubstr("did you mean 'set'?"));
}

TEST(LinkCommands, HelpTellsWhatOneEndMeans) {
  const auto help =
      std::get<Answer>(parse_arguments({"link", "set", "--help"}, nouns_and_verbs()).request);
  EXPECT_THAT(help.text, AllOf(HasSubstr("containerlab"), HasSubstr("tapctl link set ENDS"),
                               Not(HasSubstr("method link"))));
}

TEST(LinkCommands, TheyAreCompleted) {
  EXPECT_THAT(completion_of({"link", ""}), AllOf(HasSubstr("list"), HasSubstr("set")));
  EXPECT_THAT(completion_of({"--lab", "x", "link", "set", "a"}), HasSubstr("alice:eth0\tend"));
  EXPECT_THAT(completion_of({"--lab", "x", "link", "set", "alice:eth0", "s"}),
              HasSubstr("sw0\tend"));
  EXPECT_THAT(completion_of({"link", "set", "--direction", "a"}), HasSubstr("a-to-b"));
  EXPECT_THAT(completion_of({"call", ""}), Not(HasSubstr("link.set")));
}

}  // namespace link_commands_test
}  // namespace tapswitch::tapctl
