// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/token_bucket.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tapswitch {
namespace token_bucket_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using TimePoint = TokenBucket::TimePoint;

// Some days after the machine was started.
constexpr TimePoint start{std::chrono::hours(100)};

// Returns how many of one come through that arrive one each 'gap' for 'length'.
std::size_t passed(TokenBucket& bucket, const BucketRate& rate, TimePoint from, nanoseconds length,
                   nanoseconds gap, std::size_t size = 1) {
  std::size_t count = 0;
  for (TimePoint now = from; now < from + length; now += gap) {
    count += bucket.take(rate, size, now) ? 1U : 0U;
  }
  return count;
}

TEST(TokenBucket, BurstIsLetThroughAtOnceAndNoMore) {
  const BucketRate rate(500, 50);
  TokenBucket bucket;
  std::size_t count = 0;
  while (bucket.take(rate, 1, start)) {
    ++count;
  }
  EXPECT_EQ(count, 50U);
  EXPECT_FALSE(bucket.take(rate, 1, start + microseconds(1'999)));
  EXPECT_TRUE(bucket.take(rate, 1, start + microseconds(2'000)));
  EXPECT_FALSE(bucket.take(rate, 1, start + microseconds(2'001)));
}

TEST(TokenBucket, RateHoldsToTheFrame) {
  const BucketRate rate(500, 50);
  TokenBucket bucket;
  // The burst, and 500 in each of ten seconds but for the first moment.
  EXPECT_EQ(passed(bucket, rate, start, seconds(10), microseconds(10)), 5'049U);
}

TEST(TokenBucket, WhatStaysBelowTheRateIsAllLetThrough) {
  const BucketRate rate(1'000, 1);
  TokenBucket bucket;
  EXPECT_EQ(passed(bucket, rate, start, seconds(1), milliseconds(1)), 1'000U);
}

TEST(TokenBucket, PauseFillsItAndNeverMore) {
  const BucketRate rate(100, 10);
  TokenBucket bucket;
  EXPECT_EQ(passed(bucket, rate, start, nanoseconds(100), nanoseconds(1)), 10U);
  EXPECT_EQ(passed(bucket, rate, start + milliseconds(50), nanoseconds(100), nanoseconds(1)), 5U);
  EXPECT_EQ(passed(bucket, rate, start + seconds(1'000), nanoseconds(100), nanoseconds(1)), 10U);
}

TEST(TokenBucket, FullBucketLetsThroughMoreThanItHoldsAndOwesIt) {
  const BucketRate rate(1'000, 1'514);
  TokenBucket bucket;
  EXPECT_TRUE(bucket.take(rate, 9'000, start));
  EXPECT_FALSE(bucket.take(rate, 1, start + milliseconds(7'486)));
  EXPECT_TRUE(bucket.take(rate, 1, start + milliseconds(7'487)));
  TokenBucket other;
  EXPECT_TRUE(other.take(rate, 1, start));
  EXPECT_FALSE(other.take(rate, 9'000, start));
}

TEST(TokenBucket, RefusalCostsNothing) {
  const BucketRate rate(10, 1);
  TokenBucket bucket;
  ASSERT_TRUE(bucket.take(rate, 1, start));
  EXPECT_EQ(passed(bucket, rate, start, milliseconds(100), nanoseconds(100'000)), 0U);
  EXPECT_TRUE(bucket.has(rate, 1, start + milliseconds(100)));
  EXPECT_TRUE(bucket.take(rate, 1, start + milliseconds(100)));
}

TEST(TokenBucket, HighAndLowRatesAreExactEnough) {
  // Frames of 60 bytes at 100 Gbit/s, which is one in 4.8 ns.
  const BucketRate fast(100e9 / 8, 1'514);
  TokenBucket bucket;
  const auto count = passed(bucket, fast, start, milliseconds(1), nanoseconds(1), 60);
  EXPECT_NEAR(static_cast<double>(count), 1e6 / 4.8, 1e6 / 4.8 / 50);
  const BucketRate slow(1, 1'000'000);
  TokenBucket patient;
  EXPECT_TRUE(patient.take(slow, 1'000'000, start));
  EXPECT_FALSE(patient.take(slow, 1, start + milliseconds(999)));
  EXPECT_TRUE(patient.take(slow, 1, start + milliseconds(1'001)));
  const BucketRate slowest(1e-3, 1e9);
  TokenBucket still;
  EXPECT_TRUE(still.take(slowest, 30'000, start));
  EXPECT_TRUE(still.take(slowest, 30'000, start));
  EXPECT_FALSE(still.take(slowest, 1'000'000'000, start));
}

TEST(TokenBucket, ClockOfAnotherWorkerThatIsBehindGivesNothingAway) {
  const BucketRate rate(1'000, 1);
  TokenBucket bucket;
  EXPECT_TRUE(bucket.take(rate, 1, start));
  EXPECT_FALSE(bucket.take(rate, 1, start - milliseconds(5)));
  EXPECT_FALSE(bucket.take(rate, 1, start));
  EXPECT_TRUE(bucket.take(rate, 1, start + milliseconds(1)));
}

TEST(TokenBucket, SeveralWorkersTakeNoMoreThanOneWould) {
  constexpr std::size_t worker_count = 4;
  const BucketRate rate(1, 10'000);
  TokenBucket bucket;
  std::vector<std::size_t> taken(worker_count);
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < worker_count; ++i) {
    workers.emplace_back([&, i] {
      for (int attempt = 0; attempt < 10'000; ++attempt) {
        taken[i] += bucket.take(rate, 1, start) ? 1U : 0U;
      }
    });
  }
  std::size_t sum = 0;
  for (std::size_t i = 0; i < worker_count; ++i) {
    workers[i].join();
    sum += taken[i];
  }
  EXPECT_EQ(sum, 10'000U);
}

}  // namespace token_bucket_test
}  // namespace tapswitch
