// SPDX-License-Identifier: Apache-2.0
#include "control/api/log_book.hpp"

#include <gtest/gtest.h>

#include "tests/api/daemon_fixture.hpp"

namespace tapswitch::test {
namespace log_test {

using api::LogBook;
using api::LogLine;

LogLine line(std::string text) {
  return {.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'500)),
          .level = "info",
          .text = std::move(text)};
}

TEST(LogBook, RemembersTheLastLinesOldestFirst) {
  LogBook book;
  for (std::size_t number = 0; number <= LogBook::max_lines; ++number) {
    book.write(line(std::to_string(number)));
  }
  EXPECT_EQ(book.last(LogBook::max_lines + 1).size(), LogBook::max_lines);
  EXPECT_EQ(book.last(LogBook::max_lines).front().text, "1");
  EXPECT_EQ(book.last(2).front().text, std::to_string(LogBook::max_lines - 1));
  EXPECT_EQ(book.last(2).back().text, std::to_string(LogBook::max_lines));
  EXPECT_TRUE(LogBook().last(5).empty());
}

TEST(LogBook, OfALongLineItRemembersTheBeginning) {
  LogBook book;
  book.write(line(std::string(1 << 20, 'x')));
  EXPECT_LE(book.last(1).front().text.size(), LogBook::max_line_size + 3);
}

TEST(LogBook, TellsItsListenerOfEachLine) {
  LogBook book;
  std::vector<std::string> heard;
  book.write(line("before"));
  book.set_listener([&](const LogLine& told) { heard.push_back(told.text); });
  book.write(line("one"));
  book.write(line("two"));
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
}

using LogTest = DaemonFixture;

TEST_F(LogTest, TailTellsTimeLevelAndText) {
  daemon_.log.write(line("hello"));
  EXPECT_EQ(call("log.tail"),
            Json::parse(R"({"lines": [{"time": "1970-01-01T00:00:01.500Z", "level": "info",
                                       "text": "hello"}]})"));
}

TEST_F(LogTest, TailTellsAsManyAsAreAskedFor) {
  for (int number = 0; number < 50; ++number) {
    daemon_.log.write(line("x"));
  }
  EXPECT_EQ(call("log.tail")["lines"].size(), api::default_log_lines);
  EXPECT_EQ(call("log.tail", {{"lines", 3}})["lines"].size(), 3U);
  EXPECT_EQ(call("log.tail", {{"lines", 1000}})["lines"].size(), 50U);
  EXPECT_EQ(refusal_kind("log.tail", {{"lines", 0}}), "invalid_params");
}

TEST_F(LogTest, TailHasTextForBytesThatAreNone) {
  daemon_.log.write(line("a\xff\x01z"));
  EXPECT_EQ(call("log.tail")["lines"].size(), 1U);
}

TEST_F(LogTest, SetChangesTheLevel) {
  EXPECT_EQ(call("log.set", {{"level", "debug"}}), Json({{"level", "debug"}}));
  EXPECT_EQ(log_level_, "debug");
  EXPECT_EQ(changes_.back(), "log.set");
  EXPECT_EQ(refusal_kind("log.set", {{"level", "loud"}}), "invalid_params");
}

}  // namespace log_test
}  // namespace tapswitch::test
