// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/units.hpp"

#include <gtest/gtest.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::tapctl {
namespace units_test {

TEST(Units, BitRateHasTwoOrThreeDigitsAndAUnit) {
  EXPECT_EQ(bit_rate(0), "0 bit/s");
  EXPECT_EQ(bit_rate(999), "999 bit/s");
  EXPECT_EQ(bit_rate(1'000), "1.0 kbit/s");
  EXPECT_EQ(bit_rate(1'249'000'000), "1.2 Gbit/s");
  EXPECT_EQ(bit_rate(340'000'000), "340 Mbit/s");
  EXPECT_EQ(bit_rate(18'446'744'073'709'551'615U), "18.4 Ebit/s");
}

TEST(Units, BitRateIsJudgedAsItIsRounded) {
  EXPECT_EQ(bit_rate(99'949), "99.9 kbit/s");
  EXPECT_EQ(bit_rate(99'951), "100 kbit/s");
  EXPECT_EQ(bit_rate(999'499), "999 kbit/s");
  EXPECT_EQ(bit_rate(999'500), "1.0 Mbit/s");
}

TEST(Units, DurationHasItsTwoLargestUnits) {
  EXPECT_EQ(duration(0), "0 s");
  EXPECT_EQ(duration(59), "59 s");
  EXPECT_EQ(duration(60), "1 min");
  EXPECT_EQ(duration(3599), "59 min 59 s");
  EXPECT_EQ(duration(3661), "1 h 1 min");
  EXPECT_EQ(duration(2 * 86'400 + 5 * 3'600 + 7), "2 d 5 h");
}

TEST(Units, OneIsNoPlural) {
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(0, "entry", "entries"), "0 entries");
}

TEST(Text, StrangersTextGivesTheTerminalNoOrders) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a\\x1b[2Jb\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\u009b2J");
  EXPECT_EQ(printable("B\xc3\xbcro"), "B\xc3\xbcro");
}

TEST(Text, WidthCountsCharacters) { EXPECT_EQ(width_of("B\xc3\xbcro"), 4U); }

TEST(Text, ValuesReadAsWords) {
  EXPECT_EQ(text_of(nullptr), "none");
  EXPECT_EQ(text_of(false), "no");
  EXPECT_EQ(text_of(""), "-");
  EXPECT_EQ(text_of(Json::array()), "none");
  EXPECT_EQ(text_of({"a", "b"}), "a, b");
  EXPECT_EQ(text_of({{"unknown_unicast", true}, {"multicast", false}, {"broadcast", true}}),
            "unknown unicast, broadcast");
}

TEST(Units, CountIsRoundedForPeopleWhereItIsHardToRead) {
  EXPECT_EQ(count_text(0, false), "0");
  EXPECT_EQ(count_text(99'999, false), "99999");
  EXPECT_EQ(count_text(100'000, false), "100 k");
  EXPECT_EQ(count_text(1'234'567, false), "1.2 M");
  EXPECT_EQ(count_text(999'999'999, false), "1.0 G");
  EXPECT_EQ(count_text(UINT64_MAX, false), "18.4 E");
  EXPECT_EQ(count_text(1'234'567, true), "1234567");
}

}  // namespace units_test
}  // namespace tapswitch::tapctl
