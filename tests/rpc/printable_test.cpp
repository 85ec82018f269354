// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/printable.hpp"

#include <gtest/gtest.h>

#include "control/rpc/json.hpp"

namespace tapswitch::rpc {
namespace printable_test {

TEST(Printable, TextStaysAsItIs) {
  for (const char* text : {"", "plain text", "grün", "日本語", "😀", "50 % \\x1b"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable_lines(text), text);
  }
}

TEST(Printable, ControlCharactersAreShownByTheirNumbers) {
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\u009b31m"), "\\u009b31m");
  EXPECT_EQ(printable("\u0080\u009f\u00a0"), "\\u0080\\u009f\u00a0");
}

TEST(Printable, MarksThatTurnTheTextAreShownByTheirNumbers) {
  EXPECT_EQ(printable("a\u202eb\u2066c\u2069"), "a\\u202eb\\u2066c\\u2069");
  EXPECT_EQ(printable("\u200e\u200f\u061c"), "\\u200e\\u200f\\u061c");
  EXPECT_EQ(printable("\u2028\u2029"), "\\u2028\\u2029");
}

TEST(Printable, BytesThatAreNoUtf8AreShownByTheirNumbers) {
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("gr\xfcn"), "gr\\xfcn");
  EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(printable("\xc2"), "\\xc2");
}

TEST(Printable, EndsOfLinesMayStay) {
  EXPECT_EQ(printable_lines("one\ntwo\x1b\n"), "one\ntwo\\x1b\n");
}

TEST(Printable, JsonStaysTheSameValue) {
  const Json value = {{"descr\u202eiption", "\x1b[2J \u009b31m \x7f \u2028 grün"}, {"n", 1}};
  const std::string safe = printable_json(value.dump(2));
  EXPECT_EQ(Json::parse(safe), value);
  EXPECT_EQ(safe,
            "{\n  \"descr\\u202eiption\": \"\\u001b[2J \\u009b31m \\u007f \\u2028 grün\",\n"
            "  \"n\": 1\n}");
}

}  // namespace printable_test
}  // namespace tapswitch::rpc
