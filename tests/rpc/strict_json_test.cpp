// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/strict_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "control/rpc/error.hpp"

namespace tapswitch::rpc {

namespace strict_json_test {

using testing::HasSubstr;

constexpr std::size_t nesting = 32;

std::optional<Json> refusal_of(std::string_view text) {
  try {
    (void)parse_json(text, nesting);
    return std::nullopt;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::parse_error);
    return error.to_json()["data"];
  }
}

struct Refused {
  const char* name;
  std::string text;
  std::size_t offset;
  const char* problem;  // part of it
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(StrictJson, WhatIsAmbiguousOrNoJsonIsRefusedWithItsPlace) {
  // clang-format off
  const Refused cases[] = {
      {"nothing",                    "",                        0, "end of input"},
      {"only space",                 "  \r",                    3, "end of input"},
      {"half an object",             R"({"a":1)",               6, "end of input"},
      {"trailing text",              R"({} x)",                 3, "invalid literal"},
      {"two values",                 "{}{}",                    2, "expected end of input"},
      {"trailing comma",             "[1,]",                    3, "unexpected ']'"},
      {"comment",                    "[1] // one",              4, "invalid literal"},
      {"single quotes",              "{'a':1}",                 1, "invalid literal"},
      {"equal keys",                 R"({"a":1,"a":2})",        9, R"("a" occurs twice)"},
      {"equal keys, one escaped",    R"({"a":1,"\u0061":2})",  14, R"("a" occurs twice)"},
      {"equal keys deep inside",     R"([{"x":{"k":1,"k":1}}])", 15, R"("k" occurs twice)"},
      {"equal empty keys",           R"({"":1,"":2})",          7, "occurs twice"},
      {"one level too many",         nested(33),               32, "more than 32 levels"},
      {"a thousand levels",          std::string(1000, '['),   32, "more than 32 levels"},
      {"objects one level too many", [] { std::string text;
                                          for (int i = 0; i < 33; ++i) text += R"({"a":)";
                                          return text; }(),   160, "more than 32 levels"},
      {"byte order mark",            "\xEF\xBB\xBF{}",          0, "byte order mark"},
      {"NUL after the value",        std::string("{}\0{", 4),   2, "NUL"},
      {"NUL in a string",            std::string("\"\0\"", 3),  1, "NUL"},
      {"control character",          "\"a\x01\"",               2, "control character"},
      {"newline in a string",        "\"a\n\"",                 2, "control character"},
      {"stray continuation byte",    "\"a\x80\"",               2, "ill-formed UTF-8"},
      {"overlong UTF-8",             "\"\xC0\xAF\"",            1, "ill-formed UTF-8"},
      {"UTF-8 of a surrogate",       "\"\xED\xA0\x80\"",        2, "ill-formed UTF-8"},
      {"UTF-8 beyond U+10FFFF",      "\"\xF4\x90\x80\x80\"",    2, "ill-formed UTF-8"},
      {"UTF-8 cut short",            "\"\xE2\x82\"",            3, "ill-formed UTF-8"},
      {"bad byte between tokens",    "[1,\xFF]",                3, "invalid literal"},
      {"lone high surrogate",        R"("\ud800")",             7, "surrogate"},
      {"lone low surrogate",         R"("\udc00")",             6, "surrogate"},
      {"unknown escape",             R"("\x41")",               2, "backslash"},
      {"NaN",                        "NaN",                     0, "invalid literal"},
      {"Infinity",                   "-Infinity",               1, "invalid number"},
      {"number too large",           "[1e999]",                 5, "1e999"},
      {"number too small",           "[-1e999]",                6, "-1e999"},
      {"leading zero",               "01",                      1, "expected end of input"},
      {"leading plus",               "+1",                      0, "invalid literal"},
      {"hexadecimal",                "0x10",                    1, "invalid literal"},
      {"no digit after the point",   "1.",                      2, "invalid number"},
  };
  // clang-format on
  for (const Refused& each : cases) {
    SCOPED_TRACE(each.name);
    const auto data = refusal_of(each.text);
    ASSERT_TRUE(data) << "accepted";
    EXPECT_EQ((*data)["kind"], "parse_error");
    EXPECT_EQ((*data)["offset"], each.offset);
    EXPECT_THAT((*data)["problem"].get<std::string>(), HasSubstr(each.problem));
  }
}

TEST(StrictJson, WhatIsJsonIsReadAsItIs) {
  const std::string cases[] = {
      "0",
      "-0.5",
      "true",
      "null",
      R"("")",
      R"("\u0000")",
      "\"\xF0\x9F\x90\xA7\"",
      R"("\ud83d\udc27")",
      R"({"b":[1,{"c":null}],"a":{}})",
      R"([{"a":1},{"a":1}])",
      R"({"a":{"a":{"a":1}}})",
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551615",
      "1e-999",
      nested(32),
  };
  for (const std::string& text : cases) {
    SCOPED_TRACE(text);
    ASSERT_EQ(refusal_of(text), std::nullopt);
    EXPECT_EQ(parse_json(text, nesting).dump(), Json::parse(text).dump());
  }
}

TEST(StrictJson, IntegerBeyond64BitsIsNoInteger) {
  EXPECT_TRUE(parse_json("18446744073709551616", nesting).is_number_float());
  EXPECT_TRUE(parse_json("-9223372036854775809", nesting).is_number_float());
}

// The empty list is the value that takes the fewest bytes and the longest to read.
TEST(StrictJson, MoreValuesThanMayBeAreRefusedWhereTheyBegin) {
  constexpr std::size_t most = 4;
  EXPECT_EQ(parse_json("[[],{},1]", nesting, most).size(), 3U);
  EXPECT_EQ(parse_json(R"({"a":[1],"b":2})", nesting, most).size(), 2U);
  for (const auto& [text, offset] : {std::pair("[[],{},1,[]]", 9), std::pair("[[[[[[]]]]]]", 4),
                                     std::pair(R"({"a":[1,2,3]})", 11)}) {
    SCOPED_TRACE(text);
    try {
      (void)parse_json(text, nesting, most);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::parse_error);
      EXPECT_EQ(error.to_json()["data"]["problem"], "more than 4 values");
      EXPECT_EQ(error.to_json()["data"]["offset"], offset);
    }
  }
}

TEST(StrictJson, ProblemRepeatsOnlyABitOfALongText) {
  for (const std::string& text :
       {std::string(1 << 20, '9'), "\"" + std::string(1 << 20, 'a'),
        "{\"" + std::string(1 << 20, 'k') + "\":1,\"" + std::string(1 << 20, 'k') + "\":1}"}) {
    const auto data = refusal_of(text);
    ASSERT_TRUE(data);
    EXPECT_LT(data->dump().size(), 300U);
  }
}

// The library's own way to collect members would need minutes for this.
TEST(LooseJson, WhatIsNestedDeeplyIsLeftOut) {
  EXPECT_EQ(parse_loosely(R"({"a": [1, {"a": "b"}], "a": 2})"), Json::parse(R"({"a": 2})"));
  EXPECT_TRUE(parse_loosely("[1, 2").is_discarded());
  constexpr std::size_t levels = 1'000'000;
  const std::string deep = std::string(levels, '[') + std::string(levels, ']');
  EXPECT_LT(parse_loosely(R"({"deep": )" + deep + R"(, "next": 1})").dump().size(), 200U);
}

TEST(StrictJson, ManyMembersAreReadInReasonableTime) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) {
    text += "\"" + std::to_string(i) + "\":0,";
  }
  text.back() = '}';
  EXPECT_EQ(parse_json(text, nesting).size(), 100'000U);
}

}  // namespace strict_json_test

}  // namespace tapswitch::rpc
