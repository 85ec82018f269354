// SPDX-License-Identifier: Apache-2.0
#include "control/config/place.hpp"

#include <gtest/gtest.h>

namespace tapswitch::config {
namespace {

constexpr std::string_view text = R"({
  "a": [1, {"x/y": true}, "}{"],
  "s\u00e4~": {
    "in\"ner": 5
  },
  "last": null
})";

TEST(Place, OfValuesIsWhereTheyBegin) {
  EXPECT_EQ(place_of(text, ""), (Place{1, 1}));
  EXPECT_EQ(place_of(text, "/a"), (Place{2, 8}));
  EXPECT_EQ(place_of(text, "/a/0"), (Place{2, 9}));
  EXPECT_EQ(place_of(text, "/a/1/x~1y"), (Place{2, 20}));
  EXPECT_EQ(place_of(text, "/a/2"), (Place{2, 27}));
  EXPECT_EQ(place_of(text, "/s\xc3\xa4~0/in\"ner"), (Place{4, 16}));
  EXPECT_EQ(place_of(text, "/last"), (Place{6, 11}));
}

TEST(Place, OfWhatIsMissingIsThatOfTheValueAroundIt) {
  EXPECT_EQ(place_of(text, "/missing"), (Place{1, 1}));
  EXPECT_EQ(place_of(text, "/a/7"), (Place{2, 8}));
  EXPECT_EQ(place_of(text, "/last/deeper"), (Place{6, 11}));
}

TEST(Place, OfAnOffsetCountsLinesAndBytes) {
  EXPECT_EQ(place_at("ab\ncd", 0), (Place{1, 1}));
  EXPECT_EQ(place_at("ab\ncd", 4), (Place{2, 2}));
  EXPECT_EQ(place_at("ab\n", 99), (Place{2, 1}));
}

TEST(Place, OfTextThatIsCutShortIsFoundWithoutHarm) {
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (text.substr(0, size).ends_with('\\') || size < 100) {
      (void)place_of("[1,2", "/7");
    }
  }
  EXPECT_EQ(place_of("", "/a"), (Place{1, 1}));
  EXPECT_EQ(place_of("{", "/a"), (Place{1, 1}));
}

}  // namespace
}  // namespace tapswitch::config
