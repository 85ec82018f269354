// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/head_start.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace head_start_test {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

HeadStart late_by(microseconds time, int often) {
  HeadStart start;
  for (int i = 0; i < often; ++i) {
    start.was_late_by(time);
  }
  return start;
}

TEST(HeadStart, IsNoneAtFirst) { EXPECT_EQ(HeadStart().get(), nanoseconds(0)); }

TEST(HeadStart, BecomesWhatItIsLateByAsARule) {
  EXPECT_NEAR(static_cast<double>(late_by(microseconds(80), 20).get().count()), 80'000, 1'000);
}

TEST(HeadStart, IsGivenUpWhereNobodyIsLate) {
  HeadStart start = late_by(microseconds(80), 20);
  for (int i = 0; i < 40; ++i) {
    start.was_late_by(nanoseconds(0));
  }
  EXPECT_LT(start.get(), nanoseconds(10));
}

TEST(HeadStart, IsBoundedWhateverHappened) {
  EXPECT_LE(late_by(std::chrono::hours(1), 100).get(), HeadStart::most);
  EXPECT_GE(late_by(microseconds(-50), 100).get(), nanoseconds(0));
}

}  // namespace head_start_test
}  // namespace tapswitch
