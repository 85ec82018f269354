// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/impairment.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace tapswitch {
namespace impairment_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Fate = Impairment::Fate;

constexpr TimePoint start = TimePoint() + std::chrono::hours(1);
constexpr std::size_t full_frame = 1'514;

TEST(Impairment, WithoutConditionsAFrameComesOutAtOnce) {
  Impairment line({}, 1, start);
  const auto verdict = line.meet(full_frame, 0, start);
  EXPECT_EQ(verdict.fate, Fate::passes);
  ASSERT_EQ(verdict.count, 1U);
  EXPECT_EQ(verdict.copies[0].due, start);
  EXPECT_FALSE(verdict.copies[0].flipped);
}

TEST(Impairment, DelayIsExact) {
  Impairment line({.delay = microseconds(12'345)}, 1, start);
  EXPECT_EQ(line.meet(full_frame, 0, start).copies[0].due, start + microseconds(12'345));
}

// How much crosses in five seconds a line that is never without frames.
double share_of_rate(std::uint64_t rate) {
  Impairment line({.rate = rate, .queue = Conditions::largest_queue}, 1, start);
  double bits = 0;
  while (true) {
    const auto verdict = line.meet(full_frame, 0, start);
    if (verdict.copies[0].due > start + seconds(5)) {
      return bits / (5.0 * static_cast<double>(rate));
    }
    bits += 8.0 * full_frame;
  }
}

TEST(Impairment, RateIsWithinOnePercent) {
  for (const std::uint64_t rate :
       {1'000'000ULL, 10'000'000ULL, 100'000'000ULL, 1'000'000'000ULL, 10'000'000'000ULL}) {
    EXPECT_NEAR(share_of_rate(rate), 1, 0.01) << rate;
  }
}

TEST(Impairment, FrameTakesItsTimeOnTheLineAndThenTheDelay) {
  Impairment line({.delay = milliseconds(10), .rate = 8'000'000}, 1, start);
  EXPECT_EQ(line.meet(1'000, 0, start).copies[0].due, start + milliseconds(11));
  EXPECT_EQ(line.meet(1'000, 1'000, start).copies[0].due, start + milliseconds(12));
  EXPECT_EQ(line.meet(1'000, 0, start + seconds(1)).copies[0].due, start + milliseconds(1'011));
}

TEST(Impairment, BurstCrossesAtOnceAfterAPause) {
  Impairment line({.rate = 8'000'000, .burst = 3'000}, 1, start);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(line.meet(1'000, 0, start).copies[0].due, start) << i;
  }
  EXPECT_EQ(line.meet(1'000, 0, start).copies[0].due, start + milliseconds(1));
  // A pause of 2 ms has paid for two.
  const TimePoint later = start + milliseconds(3);
  EXPECT_EQ(line.meet(1'000, 0, later).copies[0].due, later);
  EXPECT_EQ(line.meet(1'000, 0, later).copies[0].due, later);
  EXPECT_EQ(line.meet(1'000, 0, later).copies[0].due, later + milliseconds(1));
}

// A closed queue makes a policer of the rate.
TEST(Impairment, PolicerTakesTheBurstAndLetsNothingWait) {
  Impairment line({.rate = 8'000'000, .burst = 2'000, .queue = 0}, 1, start);
  EXPECT_EQ(line.meet(1'000, 0, start).fate, Fate::passes);
  EXPECT_EQ(line.meet(1'000, 0, start).fate, Fate::passes);
  EXPECT_EQ(line.meet(1'000, 0, start).fate, Fate::queue_full);
  EXPECT_EQ(line.meet(1'000, 0, start + microseconds(999)).fate, Fate::queue_full);
  EXPECT_EQ(line.meet(1'000, 0, start + milliseconds(1)).fate, Fate::passes);
}

TEST(Impairment, WhatIsBeyondTheQueueIsNotTakenAndNotRemembered) {
  Impairment line({.rate = 8'000'000, .queue = 2'000}, 1, start);
  EXPECT_EQ(line.meet(1'000, 0, start).fate, Fate::passes);
  EXPECT_EQ(line.meet(1'000, 1'000, start).fate, Fate::passes);
  EXPECT_EQ(line.meet(1'000, 2'000, start).fate, Fate::queue_full);
  EXPECT_EQ(line.meet(1'000, 1'000, start).copies[0].due, start + milliseconds(3));
  // One frame is taken, however long.
  Impairment narrow({.delay = milliseconds(1), .queue = 10}, 1, start);
  EXPECT_EQ(narrow.meet(full_frame, 0, start).fate, Fate::passes);
  EXPECT_EQ(narrow.meet(full_frame, full_frame, start).fate, Fate::queue_full);
}

TEST(Impairment, QueueIsWhatTheRateFillsInDelayAndATenthOfASecond) {
  EXPECT_EQ((Conditions{.delay = milliseconds(100), .rate = 1'000'000'000}).queue_limit(),
            25'000'000U);
  EXPECT_EQ((Conditions{.delay = milliseconds(10)}).queue_limit(), 137'500'000U);
  EXPECT_EQ((Conditions{.rate = 1'000}).queue_limit(), 16U << 10);
  EXPECT_EQ((Conditions{.delay = seconds(60)}).queue_limit(), Conditions::largest_queue);
  EXPECT_EQ((Conditions{.queue = 7}).queue_limit(), 7U);
}

TEST(Impairment, ShareOfFramesIsDuplicatedAndGarbled) {
  Impairment line({.duplicate = 0.25, .corrupt = 0.1}, 1, start);
  constexpr int many = 100'000;
  double copies = 0;
  double flipped = 0;
  for (int i = 0; i < many; ++i) {
    const auto verdict = line.meet(100, 0, start);
    copies += static_cast<double>(verdict.count);
    for (const Departure& departure : verdict.departures()) {
      flipped += departure.flipped ? 1 : 0;
    }
  }
  EXPECT_NEAR(copies, many * 1.25, 3 * std::sqrt(many * 0.25 * 0.75));
  EXPECT_NEAR(flipped, copies * 0.1, 3 * std::sqrt(copies * 0.1 * 0.9));
}

TEST(Impairment, ReorderedFrameHasNoDelay) {
  Impairment line({.delay = milliseconds(10), .reorder = 0.25}, 1, start);
  constexpr int many = 100'000;
  double ahead = 0;
  for (int i = 0; i < many; ++i) {
    const Departure departure = line.meet(100, 0, start).copies[0];
    EXPECT_EQ(departure.due, departure.is_ahead ? start : start + milliseconds(10));
    ahead += departure.is_ahead ? 1 : 0;
  }
  EXPECT_NEAR(ahead, many * 0.25, 3 * std::sqrt(many * 0.25 * 0.75));
}

TEST(Impairment, GapHasEveryNthFrameGoAhead) {
  Impairment line({.delay = milliseconds(10), .reorder = 1, .gap = 5}, 1, start);
  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(line.meet(100, 0, start).copies[0].is_ahead, i % 5 == 0) << i;
  }
}

TEST(Impairment, OtherConditionsHoldAtOnceAndOvertakeNothing) {
  Impairment line({.delay = seconds(10)}, 1, start);
  EXPECT_EQ(line.meet(100, 0, start).copies[0].due, start + seconds(10));
  line.set({.delay = milliseconds(5)}, 1, start);
  EXPECT_EQ(line.latest_due(start), start + milliseconds(5));
  EXPECT_EQ(line.meet(100, 100, start).copies[0].due, start + milliseconds(5));
  line.set({}, 1, start);
  EXPECT_EQ(line.meet(100, 0, start).copies[0].due, start);
}

TEST(Impairment, ExtremesDoNotOverflow) {
  Impairment slow({.rate = 1'000, .burst = Conditions::largest_queue}, 1, start);
  EXPECT_EQ(slow.meet(65'558, 0, start).copies[0].due, start);
  Impairment fast({.rate = Conditions::highest_rate}, 1, start);
  EXPECT_LE(fast.meet(65'558, 0, start).copies[0].due, start + nanoseconds(525));
  TimePoint last = start;
  Impairment queue({.rate = 1'000, .queue = Conditions::largest_queue}, 1, start);
  for (std::size_t waiting = 0; waiting < Conditions::largest_queue - 65'558; waiting += 65'558) {
    const TimePoint due = queue.meet(65'558, waiting, start).copies[0].due;
    EXPECT_GT(due, last);
    last = due;
  }
}

}  // namespace impairment_test
}  // namespace tapswitch
