// SPDX-License-Identifier: Apache-2.0
// token_bucket.hpp: lets so much through in a second, and a burst at once after a pause.
//
// Theory of operation: all that is kept is the time at which the bucket is full again (the virtual
// scheduling of ITU-T I.371). To take from it moves that time on by as long as the rate needs to
// bring as much again; a taking that would move it further from now than a whole bucket takes to
// fill is refused. So a bucket fills by itself, and several workers share one without a lock: by
// compare and exchange. A full bucket lets through whatever comes, also more than it holds (a jumbo
// frame, a super-frame), and then owes it: the rate holds in the long run, and nothing is refused
// for ever.
// Limits: a sixteenth of a nanosecond for each taking; a bucket that nobody has touched for 18
// years may be taken for empty. Threads: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tapswitch {

// How fast a bucket fills and how much it holds, in whatever is counted: compiled.
class BucketRate {
 public:
  static constexpr double ticks_a_second = 16e9;

  BucketRate() = default;
  // 'rate' is more than 0, and so is 'depth'.
  BucketRate(double rate, double depth)
      : ticks_each_(ticks_a_second / rate), depth_(whole(ticks_each_ * depth)) {}

  // The time in which it brings so many, and that in which it fills an empty bucket.
  [[nodiscard]] std::int64_t ticks_of(std::size_t count) const {
    return whole(ticks_each_ * static_cast<double>(count));
  }
  [[nodiscard]] std::int64_t depth() const { return depth_; }

 private:
  static std::int64_t whole(double ticks) {
    constexpr double most = 1e18;  // two years: so that no sum of two overflows
    return std::llround(std::min(ticks, most));
  }

  double ticks_each_ = 0;
  std::int64_t depth_ = 0;
};

class TokenBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // False: there is not enough in it, and nothing is taken.
  [[nodiscard]] bool take(const BucketRate& rate, std::size_t count, TimePoint now) {
    const std::uint64_t present = ticks_at(now);
    const std::int64_t cost = rate.ticks_of(count);
    std::uint64_t full_at = full_at_.load(std::memory_order_relaxed);
    while (true) {
      const std::int64_t missing = missing_at(full_at, present);
      if (!has(rate, missing, cost)) {
        return false;
      }
      const std::uint64_t next = present + static_cast<std::uint64_t>(missing + cost);
      if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
        return true;
      }
    }
  }

  // Whether take() would be true.
  [[nodiscard]] bool has(const BucketRate& rate, std::size_t count, TimePoint now) const {
    const std::uint64_t full_at = full_at_.load(std::memory_order_relaxed);
    return has(rate, missing_at(full_at, ticks_at(now)), rate.ticks_of(count));
  }

 private:
  static bool has(const BucketRate& rate, std::int64_t missing, std::int64_t cost) {
    return missing == 0 || missing + cost <= rate.depth();
  }
  // Times go round; what counts is how far one is from another.
  static std::uint64_t ticks_at(TimePoint now) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(now.time_since_epoch()).count())
           << 4;
  }
  static std::int64_t missing_at(std::uint64_t full_at, std::uint64_t present) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(full_at - present), 0);
  }

  std::atomic<std::uint64_t> full_at_ = 0;
};

}  // namespace tapswitch
