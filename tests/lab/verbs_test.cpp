// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/verbs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {
namespace verbs_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string complaint_about(const std::vector<std::string>& arguments) {
  try {
    (void)parse_words(arguments);
  } catch (const tapctl::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Verbs, NothingLists) { EXPECT_EQ(parse_words({}).verb->name, "list"); }

TEST(Verbs, OptionsStandAnywhere) {
  const Words words = parse_words({"--json", "up", "--rootless", "lab.json", "--dry-run"});
  EXPECT_EQ(words.verb->name, "up");
  EXPECT_THAT(words.words, ElementsAre("lab.json"));
  EXPECT_TRUE(words.has("json") && words.has("rootless") && words.has("dry-run"));
}

TEST(Verbs, WhatStandsBehindTwoDashesIsTheCommand) {
  const Words words = parse_words({"exec", "alice", "--lab=x", "--", "ip", "--json", "link"});
  EXPECT_THAT(words.words, ElementsAre("alice"));
  EXPECT_EQ(words.value("lab"), "x");
  EXPECT_THAT(words.command, ElementsAre("ip", "--json", "link"));
}

TEST(Verbs, CommandNeedsNoDashes) {
  const Words words = parse_words({"--lab", "x", "exec", "alice", "ping", "-c1", "10.0.0.1"});
  EXPECT_EQ(words.value("lab"), "x");
  EXPECT_THAT(words.command, ElementsAre("ping", "-c1", "10.0.0.1"));
}

TEST(Verbs, WhatIsWrongIsTold) {
  EXPECT_THAT(complaint_about({"ups"}), HasSubstr("did you mean 'lab up'?"));
  EXPECT_THAT(complaint_about({"shell"}), HasSubstr("something is missing"));
  EXPECT_THAT(complaint_about({"up", "a", "b"}), HasSubstr("'b' is one word too many"));
  EXPECT_THAT(complaint_about({"up", "a", "--fast"}), HasSubstr("there is no option --fast"));
  EXPECT_THAT(complaint_about({"up", "a", "--dry-run=1"}), HasSubstr("takes no value"));
  EXPECT_THAT(complaint_about({"exec", "a", "--lab"}), HasSubstr("--lab needs a NAME"));
  EXPECT_THAT(complaint_about({"exec", "a"}), HasSubstr("which command?"));
  EXPECT_THAT(complaint_about({"down", "--", "x"}), HasSubstr("it takes no command"));
}

TEST(Verbs, OtherWordsAreKnown) {
  EXPECT_EQ(parse_words({"deploy", "a.yml"}).verb->name, "up");
  EXPECT_EQ(parse_words({"destroy"}).verb->name, "down");
  EXPECT_EQ(parse_words({"inspect"}).verb->name, "status");
  EXPECT_EQ(parse_words({"ls"}).verb->name, "list");
  EXPECT_TRUE(parse_words({"status", "-j"}).has("json"));
}

TEST(Verbs, HelpAsksForNothingElse) { EXPECT_TRUE(parse_words({"up", "--help"}).has("help")); }

}  // namespace verbs_test
}  // namespace tapswitch::lab
