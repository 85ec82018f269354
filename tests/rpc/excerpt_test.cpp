// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/excerpt.hpp"

#include <gtest/gtest.h>

namespace tapswitch::rpc {

namespace excerpt_test {

TEST(Excerpt, ShortTextIsWhole) { EXPECT_EQ(excerpt("four", 4), "four"); }

TEST(Excerpt, LongTextIsCut) { EXPECT_EQ(excerpt("fives", 4), "five..."); }

TEST(Excerpt, CharacterIsNotCutInHalf) {
  EXPECT_EQ(excerpt("ab\xF0\x9F\x90\xA7", 5), "ab...");
  EXPECT_EQ(excerpt("ab\xF0\x9F\x90\xA7 z", 6), "ab\xF0\x9F\x90\xA7...");
}

TEST(Excerpt, TextThatIsNoUtf8IsCutAnywhere) {
  EXPECT_EQ(excerpt(std::string(100, '\x80'), 10), std::string(7, '\x80') + "...");
}

TEST(Excerpt, QuotesShowControlCharactersAndSurviveBadBytes) {
  EXPECT_EQ(in_quotes("a\n\"b"), R"("a\n\"b")");
  EXPECT_EQ(in_quotes("a\xff"), "\"a\uFFFD\"");
  EXPECT_LT(in_quotes(std::string(1 << 20, 'a')).size(), 80U);
}

TEST(Excerpt, KindsHaveTheirArticle) {
  EXPECT_EQ(kind_of(nullptr), "null");
  EXPECT_EQ(kind_of(true), "a boolean");
  EXPECT_EQ(kind_of(-1), "an integer");
  EXPECT_EQ(kind_of(1U), "an integer");
  EXPECT_EQ(kind_of(1.0), "the number 1.0");
  EXPECT_EQ(kind_of("a"), "a string");
  EXPECT_EQ(kind_of(Json::array()), "a list");
  EXPECT_EQ(kind_of(Json::object()), "an object");
}

}  // namespace excerpt_test

}  // namespace tapswitch::rpc
