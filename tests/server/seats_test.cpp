// SPDX-License-Identifier: Apache-2.0
#include "control/server/seats.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tapswitch::server {
namespace seats_test {

using Kind = Seating::Kind;

constexpr SeatLimits limits{.all = 4, .per_user = 3};

Seat idle(std::uint32_t uid, int since) {
  return {.uid = uid,
          .is_busy = false,
          .is_subscribed = false,
          .active = std::chrono::steady_clock::time_point(std::chrono::seconds(since))};
}

Seat busy(std::uint32_t uid, int since) {
  Seat seat = idle(uid, since);
  seat.is_busy = true;
  return seat;
}

Seat subscribed(std::uint32_t uid, int since) {
  Seat seat = idle(uid, since);
  seat.is_subscribed = true;
  return seat;
}

struct Case {
  const char* name;
  std::vector<Seat> taken;
  std::uint32_t newcomer;
  Kind kind;
  std::size_t leaving = 0;
};

const std::vector<Case> cases = {
    {"FirstFindsASeat", {}, 1, Kind::free},
    {"SeatsAreFree", {idle(1, 1), idle(1, 2), idle(2, 3)}, 2, Kind::free},
    {"UserWithAllSeatsReplacesItsOwnIdlest",
     {idle(2, 0), idle(1, 5), idle(1, 4), idle(1, 6)},
     1,
     Kind::replace,
     2},
    {"FullEntranceEndsTheIdlestOfWhoHasMost",
     {idle(2, 0), idle(1, 5), idle(1, 4), idle(1, 6)},
     3,
     Kind::replace,
     2},
    {"UsersWithAsManyAreAlike",
     {idle(1, 7), idle(2, 5), idle(1, 6), idle(2, 8)},
     3,
     Kind::replace,
     1},
    {"WhoIsBeingAnsweredStays",
     {busy(1, 0), idle(1, 5), busy(1, 1), idle(2, 2)},
     3,
     Kind::replace,
     1},
    {"NobodyLeavesWhileAllAreAnswered",
     {busy(1, 0), busy(1, 5), busy(1, 1), idle(2, 2)},
     3,
     Kind::refuse},
    {"SubscriberLeavesAfterTheOthers",
     {subscribed(1, 0), idle(1, 5), subscribed(1, 1), idle(2, 2)},
     3,
     Kind::replace,
     1},
    {"SubscriberLeavesAtLast",
     {subscribed(1, 3), busy(1, 5), subscribed(1, 1), idle(2, 2)},
     3,
     Kind::replace,
     2},
};

class SeatsTest : public testing::TestWithParam<Case> {};

TEST_P(SeatsTest, IsGiven) {
  const Case& expected = GetParam();
  const Seating seating = seat_for(expected.newcomer, expected.taken, limits);
  EXPECT_EQ(seating.kind, expected.kind);
  EXPECT_EQ(seating.leaving, expected.leaving);
}

INSTANTIATE_TEST_SUITE_P(Cases, SeatsTest, testing::ValuesIn(cases),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace seats_test
}  // namespace tapswitch::server
