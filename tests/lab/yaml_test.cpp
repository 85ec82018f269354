// SPDX-License-Identifier: Apache-2.0
#include "control/lab/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tapswitch::lab {
namespace yaml_test {

constexpr std::size_t most_nesting = 8;
constexpr std::size_t most_values = 100;

PlacedJson read(std::string_view text) {
  return read_yaml(text, most_nesting, most_values,
                   [](const std::string&, const std::string& scalar) { return scalar; });
}

Json value_of(std::string_view text) { return read(text).value; }

// "LINE:COLUMN: what is wrong"; "" if nothing is.
std::string fault_of(std::string_view text) {
  try {
    (void)read(text);
    return "";
  } catch (const YamlFault& fault) {
    return std::to_string(fault.position.line) + ':' + std::to_string(fault.position.column) +
           ": " + fault.problem;
  }
}

struct Scalar {
  std::string_view text;
  Json value;
};

class YamlScalar : public testing::TestWithParam<Scalar> {};

TEST_P(YamlScalar, IsWhatTheCoreSchemaSays) {
  EXPECT_EQ(value_of(GetParam().text), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, YamlScalar,
    testing::Values(Scalar{"10", 10}, Scalar{"-3", -3}, Scalar{"0x0800", 2048}, Scalar{"0o17", 15},
                    Scalar{"1.5", 1.5}, Scalar{"1e3", 1000.0}, Scalar{"true", true},
                    Scalar{"False", false}, Scalar{"~", nullptr}, Scalar{"null", nullptr},
                    // Texts, whatever else they look like.
                    Scalar{"'10'", "10"}, Scalar{"\"true\"", "true"}, Scalar{"!!str 10", "10"},
                    Scalar{"yes", "yes"}, Scalar{"off", "off"}, Scalar{"010", "010"},
                    Scalar{"00:11:22:33:44:55", "00:11:22:33:44:55"},
                    Scalar{"52:54:00:12:34:56", "52:54:00:12:34:56"},
                    Scalar{"10.0.0.1/24", "10.0.0.1/24"}, Scalar{"10,20", "10,20"},
                    Scalar{"50ms", "50ms"}, Scalar{".inf", ".inf"}, Scalar{"1_000", "1_000"},
                    Scalar{"18446744073709551615", 18446744073709551615U}));

TEST(Yaml, ListsAndMappingsAreReadInEitherStyle) {
  EXPECT_EQ(value_of("a: {b: [1, x]}\nc:\n  - d\n  - e: 2\n"),
            Json::parse(R"({"a": {"b": [1, "x"]}, "c": ["d", {"e": 2}]})"));
}

TEST(Yaml, NumbersAreKeysAsTexts) { EXPECT_EQ(value_of("10: office"), Json({{"10", "office"}})); }

TEST(Yaml, BlockTextsKeepTheirLines) {
  EXPECT_EQ(value_of("a: |\n  one\n  two\n"), Json({{"a", "one\ntwo\n"}}));
}

TEST(Yaml, PartsArePlaced) {
  const PlacedJson placed = read("a:\n  b/c:\n    - x\n    - {d: 5}\n");
  EXPECT_EQ(placed.places.at(""), (config::Position{.line = 1, .column = 1}));
  EXPECT_EQ(placed.places.at("/a/b~1c/0"), (config::Position{.line = 3, .column = 7}));
  EXPECT_EQ(placed.places.at("/a/b~1c/1/d"), (config::Position{.line = 4, .column = 11}));
}

TEST(Yaml, AliasesRepeatAndMergesAdd) {
  EXPECT_EQ(value_of("base: &b {x: 1, y: 2}\nsame: *b\nother:\n  <<: *b\n  y: 3\n"),
            Json::parse(R"({"base": {"x": 1, "y": 2}, "same": {"x": 1, "y": 2},
                            "other": {"y": 3, "x": 1}})"));
  EXPECT_EQ(value_of("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n")["c"],
            Json::parse(R"({"x": 1, "y": 2})"));
}

TEST(Yaml, ScalarsAreRewrittenBeforeTheyAreNumbers) {
  const auto placed = read_yaml("mtu: $\ntext: '$'\n", most_nesting, most_values,
                                [](const std::string& pointer, const std::string&) {
                                  return pointer == "/mtu" ? "9000" : "9001";
                                });
  EXPECT_EQ(placed.value, Json::parse(R"({"mtu": 9000, "text": "9001"})"));
}

TEST(Yaml, WhatIsOpenToTwoReadingsIsRefused) {
  EXPECT_EQ(fault_of("a: 1\na: 2\n"), "2:1: the key \"a\" occurs twice in a mapping");
  EXPECT_EQ(fault_of("[1, 2]: x"), "1:1: a key must be a text");
  EXPECT_EQ(fault_of("~: x"), "1:1: a key must be a text");
  EXPECT_THAT(fault_of("a: !!int 5"), testing::HasSubstr("no tag but !!str"));
  EXPECT_THAT(fault_of("a: !own {}"), testing::HasSubstr("no tag"));
  EXPECT_EQ(fault_of("a: 1\n---\nb: 2\n"), "1:1: there is more than one document in it");
  EXPECT_EQ(fault_of("<<: 5"), "1:5: '<<' takes a mapping, or a list of mappings");
  EXPECT_EQ(fault_of(""), "1:1: there is nothing in it");
}

TEST(Yaml, WhatIsNoYamlIsToldWithItsPlace) {
  EXPECT_THAT(fault_of("a: [1, 2\nb: 3\n"), testing::StartsWith("2:2: no valid YAML"));
  EXPECT_THAT(fault_of("a: *nothing"), testing::HasSubstr("no valid YAML"));
}

// Each alias doubles what the one before repeats.
TEST(Yaml, GrowthByAliasesIsBounded) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  EXPECT_THAT(fault_of(text), testing::HasSubstr("more than 100 values"));
  EXPECT_THAT(fault_of("a: &a [*a]"), testing::HasSubstr("within what it stands for"));
}

TEST(Yaml, NestingIsBounded) {
  EXPECT_THAT(fault_of(std::string(9, '[') + std::string(9, ']')),
              testing::HasSubstr("more than 8 levels"));
  EXPECT_NE(fault_of(std::string(100'000, '[')), "");
}

}  // namespace yaml_test
}  // namespace tapswitch::lab
