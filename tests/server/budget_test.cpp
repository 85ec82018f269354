// SPDX-License-Identifier: Apache-2.0
#include "control/server/budget.hpp"

#include <gtest/gtest.h>

namespace tapswitch::server {
namespace budget_test {

constexpr Payer alice{.entrance = EntranceKind::read_only, .uid = 1};
constexpr Payer bob{.entrance = EntranceKind::read_only, .uid = 2};
constexpr Payer carol{.entrance = EntranceKind::read_only, .uid = 3};
constexpr Payer alice_in_control{.entrance = EntranceKind::control, .uid = 1};

TEST(Budget, UserWhoHoldsTheLimitHasNoRoomAndOthersHave) {
  Budget budget(100, 250);
  EXPECT_FALSE(budget.change(alice, 0, 99));
  EXPECT_TRUE(budget.has_room(alice, false));
  EXPECT_FALSE(budget.change(alice, 99, 130));
  EXPECT_FALSE(budget.has_room(alice, false));
  EXPECT_TRUE(budget.has_room(bob, false));
  EXPECT_TRUE(budget.has_room(alice_in_control, false));
}

TEST(Budget, SessionsOfAUserCountTogether) {
  Budget budget(100, 250);
  budget.change(alice, 0, 60);
  budget.change(alice, 0, 60);
  EXPECT_FALSE(budget.has_room(alice, false));
}

TEST(Budget, EntranceThatIsFullHasRoomForNobody) {
  Budget budget(100, 250);
  budget.change(alice, 0, 130);
  budget.change(bob, 0, 120);
  EXPECT_FALSE(budget.has_room(carol, false));
  EXPECT_TRUE(budget.has_room(alice_in_control, false));
}

TEST(Budget, UpperHalfIsForThoseThatHoldNothingYet) {
  Budget budget(100, 250);
  budget.change(alice, 0, 50);
  EXPECT_FALSE(budget.has_room(alice, true));
  EXPECT_TRUE(budget.has_room(alice, false));
  budget.change(bob, 0, 75);
  EXPECT_FALSE(budget.has_room(carol, true));
  EXPECT_TRUE(budget.has_room(carol, false));
}

TEST(Budget, SaysForEachHalfThatThereIsRoomAgain) {
  Budget budget(100, 250);
  budget.change(alice, 0, 130);
  EXPECT_FALSE(budget.change(alice, 130, 110));
  EXPECT_TRUE(budget.change(alice, 110, 90));
  EXPECT_FALSE(budget.change(alice, 90, 60));
  EXPECT_TRUE(budget.change(alice, 60, 40));
  EXPECT_FALSE(budget.change(alice, 40, 0));
  EXPECT_TRUE(budget.has_room(alice, false));
}

TEST(Budget, SaysThatTheEntranceHasRoomAgain) {
  Budget budget(100, 250);
  budget.change(alice, 0, 99);
  budget.change(bob, 0, 99);
  budget.change(carol, 0, 60);
  EXPECT_FALSE(budget.has_room(bob, false));
  EXPECT_TRUE(budget.change(carol, 60, 0));
  EXPECT_TRUE(budget.has_room(bob, false));
}

}  // namespace budget_test
}  // namespace tapswitch::server
