// SPDX-License-Identifier: Apache-2.0
#include "control/lab/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "control/config/mistakes.hpp"

namespace tapswitch::lab {
namespace source_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::map<std::string, std::string> set_variables{{"MTU", "9000"}, {"NAME", "a b"}, {"E", ""}};

std::optional<std::string> look_up(const std::string& name) {
  const auto found = set_variables.find(name);
  return found == set_variables.end() ? std::nullopt : std::optional(found->second);
}

Source source_of(std::string_view text, Notation notation = Notation::json) {
  return read_source(text, notation, look_up);
}

std::vector<std::string> mistakes_of(std::string_view text, Notation notation = Notation::json) {
  std::vector<std::string> all;
  for (const auto& [position, problem] : source_of(text, notation).mistakes) {
    all.push_back(std::to_string(position.line) + ':' + std::to_string(position.column) + ": " +
                  config::to_text(problem));
  }
  return all;
}

TEST(Source, NotationIsTheFiles) {
  EXPECT_EQ(notation_of("a/lab.yml"), Notation::yaml);
  EXPECT_EQ(notation_of("x.yaml"), Notation::yaml);
  EXPECT_EQ(notation_of("x.json"), Notation::json);
  EXPECT_EQ(notation_of("/dev/stdin"), Notation::json);
}

TEST(Source, CommentsAreNoPartOfJson) {
  const Source source = source_of("{ // first\n \"a\": /* two\n lines */ \"// none\"}");
  EXPECT_EQ(source.document, Json({{"a", "// none"}}));
  EXPECT_EQ(source.position_of("/a"), (config::Position{.line = 3, .column = 11}));
  EXPECT_THAT(mistakes_of(R"({"a": "\"//"} // the end)"), IsEmpty());
}

TEST(Source, CommentsThatDoNotEndAreMistakes) {
  EXPECT_THAT(mistakes_of("{} /* more"), ElementsAre(testing::StartsWith("1:4: ")));
}

TEST(Source, VariablesAreExpanded) {
  EXPECT_EQ(source_of(R"({"a": "x ${NAME}${E:=y}", "b": ["${NONE:-}", "$${MTU} $MTU"]})").document,
            Json::parse(R"({"a": "x a by", "b": ["", "${MTU} $MTU"]})"));
  EXPECT_EQ(source_of("mtu: ${MTU}\ntext: '${MTU}'\ndelay: ${D:-50ms}\n", Notation::yaml).document,
            Json::parse(R"({"mtu": 9000, "text": "9000", "delay": "50ms"})"));
}

TEST(Source, CommandsAreLeftToTheirShell) {
  const std::string text = R"({"nodes": {"a": {"commands": ["echo ${NONE}"],
      "processes": {"p": "${NONE}"}, "ready": {"command": "${NONE}"}}}})";
  EXPECT_EQ(source_of(text).document, Json::parse(text));
  EXPECT_THAT(mistakes_of(text), IsEmpty());
}

TEST(Source, WhatHasNoValueIsAMistake) {
  EXPECT_THAT(mistakes_of("{\n\"a\": \"${NONE}\"}"),
              ElementsAre("2:6: /a: the variable NONE is not set (allowed: set, or with a default: "
                          "${NONE:-...})"));
  EXPECT_THAT(mistakes_of("a:\n- ${5}\n- ${MTU\n", Notation::yaml),
              ElementsAre(testing::HasSubstr("2:3: /a/0: \"${5}\" is no variable"),
                          testing::HasSubstr("3:3: /a/1: \"${MTU\" is no variable")));
  EXPECT_TRUE(source_of(R"({"a": "${"})").has_told_of("/a"));
}

TEST(Source, PartsThatAnAliasRepeatsAreWhereTheAliasIs) {
  const Source source = source_of("a: &a {x: {y: 1}}\nb: *a\n", Notation::yaml);
  EXPECT_EQ(source.position_of("/b/x/y"), (config::Position{.line = 2, .column = 4}));
}

}  // namespace source_test
}  // namespace tapswitch::lab
