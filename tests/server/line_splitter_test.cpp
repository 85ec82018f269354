// SPDX-License-Identifier: Apache-2.0
#include "control/server/line_splitter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tapswitch::server {
namespace line_splitter_test {

constexpr std::size_t longest = 20;

// Gives 'text' to the splitter as one read would, and takes out all lines that there are then.
void feed(LineSplitter& splitter, std::string_view text, std::vector<std::string>& lines) {
  const auto space = splitter.space();
  ASSERT_GE(space.size(), text.size());
  std::copy(text.begin(), text.end(), space.begin());
  splitter.commit(text.size());
  while (const auto line = splitter.next()) {
    lines.emplace_back(*line);
  }
}

struct Case {
  std::string text;
  std::vector<std::string> lines;
  bool is_overlong = false;
};

TEST(LineSplitter, GoldenTable) {
  const Case cases[] = {
      {"", {}},
      {"one", {}},
      {"one\n", {"one"}},
      {"one\ntwo\n", {"one", "two"}},
      {"one\r\ntwo\r\n", {"one", "two"}},
      {"\n\r\n\none\n\n", {"one"}},
      {"a\rb\n", {"a\rb"}},
      {std::string("\0\n", 2), {std::string(1, '\0')}},
  };
  for (const Case& row : cases) {
    LineSplitter splitter(longest);
    std::vector<std::string> lines;
    feed(splitter, row.text, lines);
    EXPECT_EQ(lines, row.lines) << row.text;
    EXPECT_FALSE(splitter.is_overlong()) << row.text;
  }
}

TEST(LineSplitter, LineIsOverlongAsSoonAsItIs) {
  const std::string full(longest, 'x');
  const Case cases[] = {
      {full, {}},
      {full + "\r", {}},
      {full + "\n", {full}},
      {full + "\r\n", {full}},
      {full + "x", {}, true},
      {full + "x\n", {}, true},
      {full + "\r\r", {}, true},
      {"one\n" + full + "x", {"one"}, true},
  };
  for (const Case& row : cases) {
    LineSplitter splitter(longest);
    std::vector<std::string> lines;
    feed(splitter, row.text, lines);
    EXPECT_EQ(lines, row.lines) << row.text;
    EXPECT_EQ(splitter.is_overlong(), row.is_overlong) << row.text;
  }
}

TEST(LineSplitter, EndOfTheStreamEndsItsLastLine) {
  const Case rows[] = {{"one\ntwo", {"one", "two"}},
                       {"one\ntwo\r", {"one", "two"}},
                       {"one\n", {"one"}},
                       {"one\n\r", {"one"}},
                       {"longer than it may be", {}, true}};
  for (const Case& row : rows) {
    LineSplitter splitter(longest);
    std::vector<std::string> lines;
    feed(splitter, row.text, lines);
    splitter.finish();
    while (const auto line = splitter.next()) {
      lines.emplace_back(*line);
    }
    EXPECT_EQ(lines, row.lines) << row.text;
    EXPECT_EQ(splitter.is_overlong(), row.is_overlong) << row.text;
  }
}

TEST(LineSplitter, MemoryOfALongLineIsGivenBack) {
  constexpr std::size_t long_line = 1'000'000;
  LineSplitter splitter(long_line);
  const std::string part(10'000, 'x');
  std::vector<std::string> lines;
  for (std::size_t size = 0; size < long_line; size += part.size()) {
    feed(splitter, part, lines);
  }
  EXPECT_GE(splitter.memory(), long_line);
  feed(splitter, "\n", lines);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].size(), long_line);
  (void)splitter.space();
  EXPECT_LE(splitter.memory(), 4 * LineSplitter::read_size);
}

RC_GTEST_PROP(LineSplitter, LinesDoNotDependOnHowTheyAreCut, ()) {
  // Newlines, returns and others, so that every neighbourhood occurs.
  const auto text = *rc::gen::container<std::string>(rc::gen::element('\n', '\r', 'a', 'b'));
  LineSplitter whole(text.size());
  std::vector<std::string> expected;
  feed(whole, text, expected);

  LineSplitter cut(text.size());
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, text.size() - begin + 1);
    feed(cut, std::string_view(text).substr(begin, size), lines);
    begin += size;
  }
  RC_ASSERT(lines == expected);
}

}  // namespace line_splitter_test
}  // namespace tapswitch::server
