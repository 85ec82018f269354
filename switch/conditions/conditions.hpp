// SPDX-License-Identifier: Apache-2.0
// conditions.hpp: how the line behind a port is to be worse than a perfect one, as plain values:
// one set for frames that come in, one for frames that leave. Names and meaning follow tc-netem(8)
// where nothing else is said. What they do to a frame is in impairment.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tapswitch {

using TimePoint = std::chrono::steady_clock::time_point;

// How the deviations of a delay are spread: all of mean 0. 'jitter' is the half width of uniform
// and the standard deviation of the others.
enum class Distribution : std::uint8_t {
  uniform,
  normal,
  pareto,        // of shape 3: many a little early, few very late
  paretonormal,  // a quarter of normal and three quarters of pareto, added
};

// The loss of Gilbert and Elliott: a line is good or bad, and changes between two frames. All are
// chances, from 0 to 1.
struct BurstLoss {
  double to_bad = 0;
  double to_good = 1;
  double loss_when_bad = 1;
  double loss_when_good = 0;

  bool operator==(const BurstLoss&) const = default;

  // Returns how much of all frames is lost in the long run.
  [[nodiscard]] double mean() const {
    const double bad = to_bad + to_good > 0 ? to_bad / (to_bad + to_good) : 0;
    return bad * loss_when_bad + (1 - bad) * loss_when_good;
  }
};

// A line that goes and comes by itself: it begins by being up.
struct Flap {
  std::chrono::nanoseconds up{};
  std::chrono::nanoseconds down{};

  bool operator==(const Flap&) const = default;
};

// The conditions of one direction. Chances are from 0 to 1.
struct Conditions {
  static constexpr std::chrono::seconds longest_delay{60};
  static constexpr std::uint64_t highest_rate = 1'000'000'000'000;  // bits a second
  static constexpr std::size_t largest_queue = 256U << 20;          // bytes

  std::chrono::nanoseconds delay{};
  std::chrono::nanoseconds jitter{};
  Distribution distribution = Distribution::uniform;
  // How likely it is that the dice fall as they did for the frame before: those of jitter, loss,
  // duplicate, corrupt and reorder, each by itself.
  double correlation = 0;
  double loss = 0;
  std::optional<BurstLoss> loss_model = {};
  double duplicate = 0;
  double corrupt = 0;       // one bit of the frame is turned over
  double reorder = 0;       // the frame leaves without delay, before those that wait
  std::uint32_t gap = 0;    // of so many frames only the last may; 0: any
  std::uint64_t rate = 0;   // bits of frames a second, without checksum and preamble; 0: any
  std::uint64_t burst = 0;  // bytes that may cross at once after a pause
  std::optional<std::uint64_t> queue =
      {};  // bytes that may wait; nullopt: as many as the rate fills
  std::optional<std::uint64_t> seed = {};  // of the dice; nullopt: another each time
  bool is_cut = false;                     // nothing crosses
  std::optional<Flap> flap = {};

  bool operator==(const Conditions&) const = default;

  // Returns how many bytes may wait: what the rate, or 10 Gbit/s, fills in the delay and 100 ms; at
  // least 16 KiB and at most largest_queue, unless the user says less.
  [[nodiscard]] std::uint64_t queue_limit() const;
};

struct PortConditions {
  Conditions in = {};   // of frames that the port receives
  Conditions out = {};  // of frames that it sends

  bool operator==(const PortConditions&) const = default;

  [[nodiscard]] bool are_none() const { return *this == PortConditions{}; }
};

}  // namespace tapswitch
