// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/wake_log.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace wake_log_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint begin{std::chrono::hours(1)};

TEST(WakeLog, WhoeverWasAwayForLongHasJustWoken) {
  WakeLog log;
  log.note(begin);
  EXPECT_TRUE(log.has_just_woken(begin));
  log.note(begin + milliseconds(50));
  EXPECT_TRUE(log.has_just_woken(begin + milliseconds(50)));
}

TEST(WakeLog, WhoeverAsksAgainAndAgainSinceHasStill) {
  WakeLog log;
  for (int i = 0; i < 10; ++i) {
    log.note(begin + microseconds(20 * i));
  }
  EXPECT_TRUE(log.has_just_woken(begin + microseconds(180)));
}

TEST(WakeLog, WhoeverComesAllTheTimeHasNot) {
  WakeLog log;
  for (int i = 0; i < 20; ++i) {
    log.note(begin + microseconds(100 * i));
  }
  EXPECT_FALSE(log.has_just_woken(begin + microseconds(1900)));
  log.note(begin + milliseconds(3));
  EXPECT_TRUE(log.has_just_woken(begin + milliseconds(3)));
}

}  // namespace wake_log_test
}  // namespace tapswitch
