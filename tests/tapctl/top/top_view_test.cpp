// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/top/top_view.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {
namespace top_view_test {

using Lines = std::vector<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Json port(std::uint64_t rx, std::uint64_t tx = 0, const char* home = "sw0") {
  return {{"switch", home},
          {"state", "up"},
          {"in_bits_per_second", rx},
          {"out_bits_per_second", tx},
          {"in_frames_per_second", rx / 1000},
          {"out_frames_per_second", tx / 1000},
          {"drops_per_second", 0},
          {"stations", 1},
          {"interval_microseconds", 1'000'000}};
}

const Json rates = {
    {"ports", {{"alice", port(2000)}, {"bob", port(3000, 1)}, {"carol", port(1000, 2, "sw1")}}}};

class Top : public testing::Test {
 protected:
  void SetUp() override { view_.update(rates); }

  void press(const std::string& bytes) {
    for (const Key& key : keys_in(bytes)) {
      view_.press(key);
    }
  }

  // The first words of the rows, of a screen or of the table.
  static Lines names_in(const std::string& text) {
    Lines names;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      names.push_back(text.substr(at, text.find_first_of(" \n", at) - at));
    }
    names.erase(names.begin());
    return names;
  }
  Lines names() { return names_in(view_.table({})); }
  Lines screen(std::size_t lines, std::size_t columns) {
    return view_.screen({.lines = lines, .columns = columns}, {});
  }

  TopView view_{TopWishes{}};
};

TEST_F(Top, BusiestPortStandsFirst) { EXPECT_THAT(names(), ElementsAre("bob", "alice", "carol")); }

TEST_F(Top, TableHasAllThatIsKnownOfAPort) {
  TopView view({.filter = "bob"});
  view.update(rates);
  EXPECT_EQ(view.table({}),
            "PORT      SWITCH  STATE           RX           TX  RX FRAMES/S  TX FRAMES/S  "
            "DROPS/S  STATIONS\n"
            "bob       sw0     up      3.0 kbit/s      1 bit/s            3            0  "
            "      0         1\n");
}

TEST_F(Top, KeysSortByTheColumnToTheRightOrLeft) {
  press(">");  // tx
  EXPECT_THAT(names(), ElementsAre("carol", "bob", "alice"));
  press("\x1b[D\x1b[D");  // state, where all are alike
  EXPECT_THAT(names(), ElementsAre("alice", "bob", "carol"));
  press("<<");  // port
  press("r");
  EXPECT_THAT(names(), ElementsAre("carol", "bob", "alice"));
  press("<");  // around: stations
  press("r");
  EXPECT_THAT(names(), ElementsAre("alice", "bob", "carol"));
}

TEST_F(Top, FilterLooksAtPortsAndSwitchesInWhateverCase) {
  press("/AL\r");
  EXPECT_THAT(names(), ElementsAre("alice"));
  press("/\x7f\x7fsw1\r");
  EXPECT_THAT(names(), ElementsAre("carol"));
}

TEST_F(Top, FilterWorksWhileItIsTypedAndEscapeTakesItBack) {
  press("/ali");
  EXPECT_THAT(names(), ElementsAre("alice"));
  EXPECT_EQ(screen(24, 80).back(), "filter: ali_");
  press("q");  // is a letter here
  EXPECT_FALSE(view_.has_ended());
  EXPECT_THAT(names(), IsEmpty());
  press("\x1b");
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(Top, FilterHasABoundAndLosesWholeCharacters) {
  press("/\xc3\xa9\x7f");
  EXPECT_EQ(screen(24, 80).back(), "filter: _");
  press(std::string(1000, 'x'));
  EXPECT_EQ(screen(24, 200).back().size(), std::string("filter: _").size() + longest_filter);
}

TEST_F(Top, SwitchesAreTheSumsOfTheirPorts) {
  press("s");
  EXPECT_THAT(view_.table({}), HasSubstr("2 ports   sw0             5.0 kbit/s      1 bit/s"));
  EXPECT_THAT(view_.table({}), HasSubstr("1 port    sw1             1.0 kbit/s      2 bit/s"));
  press("s");
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(Top, LetterQEnds) {
  EXPECT_FALSE(view_.has_ended());
  press("q");
  EXPECT_TRUE(view_.has_ended());
}

TEST_F(Top, ScreenTellsWhatItShows) {
  press("/o\r");
  const Lines lines = screen(10, 200);
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[0], "2 switches, 3 ports (2 shown), 3 stations; by rx");
  EXPECT_THAT(lines[9], HasSubstr("filter: o  q quit"));
}

TEST_F(Top, ScreenNeverHasMoreLinesOrColumnsThanThereAre) {
  for (std::size_t lines = 1; lines < 12; ++lines) {
    for (std::size_t columns = 1; columns < 120; ++columns) {
      const Lines shown = screen(lines, columns);
      EXPECT_LE(shown.size(), lines);
      for (const std::string& line : shown) {
        // The terminal cuts what is narrower than the least that says something.
        EXPECT_LE(width_of(line), std::max<std::size_t>(columns, 22)) << columns;
      }
    }
  }
}

TEST_F(Top, NarrowScreenKeepsThePortAndWhatItIsSortedBy) {
  press("<");  // state
  EXPECT_THAT(screen(10, 24)[1], testing::StartsWith("PORT      STATE"));
  press("\x1b[C");  // rx
  EXPECT_EQ(screen(10, 24)[1], "PORT               RX");
  EXPECT_EQ(screen(10, 36)[1], "PORT               RX           TX");
}

TEST_F(Top, TinyScreenHasTheTableAlone) {
  const Lines lines = screen(2, 80);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], testing::StartsWith("bob"));
}

TEST_F(Top, RowsAreScrolledNoFurtherThanThereAreAny) {
  constexpr std::size_t lines = 5;  // two rows
  const auto first = [&] { return screen(lines, 80)[2].substr(0, 5); };
  EXPECT_EQ(first(), "bob  ");
  press("\x1b[B");
  EXPECT_EQ(first(), "alice");
  press("\x1b[6~\x1b[6~");
  EXPECT_EQ(first(), "alice");
  press("\x1b[H");
  EXPECT_EQ(first(), "bob  ");
  press("\x1b[F");
  EXPECT_EQ(first(), "alice");
  press("\x1b[5~\x1b[A");
  EXPECT_EQ(first(), "bob  ");
}

TEST_F(Top, PortsThatGoLeaveTheScreen) {
  press("\x1b[F");
  view_.update({{"ports", Json::object()}});
  EXPECT_THAT(screen(5, 80)[0], HasSubstr("0 ports"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Top, BeforeTheFirstAnswerItSaysThatItWaits) {
  TopView fresh{TopWishes{}};
  EXPECT_THAT(fresh.screen({}, {}), ElementsAre("waiting for the daemon"));
}

TEST_F(Top, WhatIsWrongIsColoured) {
  Json wrong = rates;
  wrong["ports"]["alice"]["state"] = "lost";
  wrong["ports"]["alice"]["drops_per_second"] = 7;
  view_.update(wrong);
  const std::string table = view_.table({.in_colour = true});
  EXPECT_THAT(table, HasSubstr(painted("lost", Colour::bad)));
  EXPECT_THAT(table, HasSubstr(painted("7", Colour::warning)));
  EXPECT_THAT(view_.table({}), Not(HasSubstr("\x1b")));
}

}  // namespace top_view_test
}  // namespace tapswitch::tapctl
