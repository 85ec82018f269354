// SPDX-License-Identifier: Apache-2.0
#include "control/config/position.hpp"

#include <gtest/gtest.h>

namespace tapswitch::config {
namespace position_test {

constexpr std::string_view text = R"({
  "a": [1, {"x/y": true}, "}{"],
  "s\u00e4~": {
    "in\"ner": 5
  },
  "last": null
})";

TEST(Position, OfValuesIsWhereTheyBegin) {
  EXPECT_EQ(position_of(text, ""), (Position{1, 1}));
  EXPECT_EQ(position_of(text, "/a"), (Position{2, 8}));
  EXPECT_EQ(position_of(text, "/a/0"), (Position{2, 9}));
  EXPECT_EQ(position_of(text, "/a/1/x~1y"), (Position{2, 20}));
  EXPECT_EQ(position_of(text, "/a/2"), (Position{2, 27}));
  EXPECT_EQ(position_of(text, "/s\xc3\xa4~0/in\"ner"), (Position{4, 16}));
  EXPECT_EQ(position_of(text, "/last"), (Position{6, 11}));
}

TEST(Position, OfWhatIsMissingIsThatOfTheValueAroundIt) {
  EXPECT_EQ(position_of(text, "/missing"), (Position{1, 1}));
  EXPECT_EQ(position_of(text, "/a/7"), (Position{2, 8}));
  EXPECT_EQ(position_of(text, "/last/deeper"), (Position{6, 11}));
}

TEST(Position, OfAnOffsetCountsLinesAndBytes) {
  EXPECT_EQ(position_at("ab\ncd", 0), (Position{1, 1}));
  EXPECT_EQ(position_at("ab\ncd", 4), (Position{2, 2}));
  EXPECT_EQ(position_at("ab\n", 99), (Position{2, 1}));
}

TEST(Position, OfTextThatIsCutShortIsFoundWithoutHarm) {
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (text.substr(0, size).ends_with('\\') || size < 100) {
      (void)position_of("[1,2", "/7");
    }
  }
  EXPECT_EQ(position_of("", "/a"), (Position{1, 1}));
  EXPECT_EQ(position_of("{", "/a"), (Position{1, 1}));
}

}  // namespace position_test
}  // namespace tapswitch::config
