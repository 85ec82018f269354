// SPDX-License-Identifier: Apache-2.0
// dice.hpp: chances that fall alike wherever they begin alike: numbers from a seed, each by
// splitmix64, whose state is one word.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "switch/conditions/conditions.hpp"

namespace tapswitch {

class Dice {
 public:
  // Dice of one seed and different 'purpose' have nothing to do with one another.
  explicit Dice(std::uint64_t seed, std::uint64_t purpose = 0)
      : state_(mixed(seed + step * (purpose + 1))) {}

  std::uint64_t number() { return mixed(state_ += step); }

  // At least 0 and less than 1.
  double fraction() {
    constexpr int unused_bits = 64 - 53;
    return static_cast<double>(number() >> unused_bits) * 0x1p-53;
  }

  bool happens(double chance) { return chance > 0 && fraction() < chance; }

  // A deviation of mean 0, as conditions.hpp has them, for a jitter of 1.
  double deviation(Distribution distribution) {
    switch (distribution) {
      case Distribution::uniform:
        return 2 * fraction() - 1;
      case Distribution::normal:
        return normal();
      case Distribution::pareto:
        return pareto();
      case Distribution::paretonormal:
        return 0.25 * normal() + 0.75 * pareto();
    }
    return 0;
  }

 private:
  static constexpr std::uint64_t step = 0x9e37'79b9'7f4a'7c15;

  static constexpr std::uint64_t mixed(std::uint64_t word) {
    word = (word ^ (word >> 30)) * 0xbf58'476d'1ce4'e5b9;
    word = (word ^ (word >> 27)) * 0x94d0'49bb'1331'11eb;
    return word ^ (word >> 31);
  }

  // By the method of Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - fraction()));
    return radius * std::cos(2 * std::numbers::pi * fraction());
  }

  // The mean would be 3/2, and the standard deviation half the root of 3.
  double pareto() { return (1 / std::cbrt(1 - fraction()) - 1.5) * 2 * std::numbers::inv_sqrt3; }

  std::uint64_t state_;
};

// Dice that may fall as they did the last time. The chance itself stays what it is: only the fates
// of frames behind one another are alike, by just the correlation.
class CorrelatedDice {
 public:
  CorrelatedDice(std::uint64_t seed, std::uint64_t purpose) : dice_(seed, purpose) {}

  bool happens(double chance, double correlation) {
    if (chance <= 0) {
      return false;
    }
    if (!dice_.happens(correlation)) {
      last_ = dice_.fraction();
    }
    return last_ < chance;
  }

  double deviation(Distribution distribution, double correlation) {
    if (!dice_.happens(correlation)) {
      last_ = dice_.deviation(distribution);
    }
    return last_;
  }

 private:
  Dice dice_;
  double last_ = dice_.fraction();
};

}  // namespace tapswitch
