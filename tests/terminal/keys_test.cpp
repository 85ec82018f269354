// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/keys.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tapswitch::tapctl {
namespace keys_test {

using Kind = Key::Kind;

struct Case {
  const char* name;
  std::string bytes;
  std::vector<Key> expected;
};

class Keys : public testing::TestWithParam<Case> {};

TEST_P(Keys, AreTakenFromWhatTheTerminalSends) {
  EXPECT_EQ(keys_in(GetParam().bytes), GetParam().expected);
}

const Case cases[] = {
    {"Nothing", "", {}},
    {"Letters", "qr", {{Kind::character, 'q'}, {Kind::character, 'r'}}},
    {"Arrows", "\x1b[A\x1b[B\x1b[C\x1b[D", {{Kind::up}, {Kind::down}, {Kind::right}, {Kind::left}}},
    {"ArrowsInApplicationMode", "\x1bOA\x1bOH", {{Kind::up}, {Kind::home}}},
    {"Pages", "\x1b[5~\x1b[6~\x1b[4~", {{Kind::page_up}, {Kind::page_down}, {Kind::end}}},
    {"LoneEscape", "\x1b", {{Kind::escape}}},
    {"EscapeBeforeALetter", "\x1bq", {{Kind::escape}, {Kind::character, 'q'}}},
    {"UnknownSequenceIsOneKey", "\x1b[1;5Cq", {{Kind::unknown}, {Kind::character, 'q'}}},
    {"SequenceCutShort", "\x1b[", {{Kind::unknown}}},
    {"Line",
     "a\x7f\r\n\t",
     {{Kind::character, 'a'}, {Kind::backspace}, {Kind::enter}, {Kind::enter}, {Kind::tab}}},
    {"OtherControls", std::string("\0\x01", 2), {{Kind::unknown}, {Kind::unknown}}},
    {"BytesOfUtf8", "\xc3\xa9", {{Kind::character, '\xc3'}, {Kind::character, '\xa9'}}},
};

INSTANTIATE_TEST_SUITE_P(All, Keys, testing::ValuesIn(cases),
                         [](const auto& case_info) { return case_info.param.name; });

}  // namespace keys_test
}  // namespace tapswitch::tapctl
