// SPDX-License-Identifier: Apache-2.0
// storm_rule.hpp: holds how much of what has no single known destination may come in by a port, as
// its user says it: each class of frames by itself. storm_gate.hpp goes by it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "switch/forwarding/flood_kind.hpp"

namespace tapswitch {

// The limit of one class. By default there is none.
struct StormLimit {
  enum class Unit : std::uint8_t {
    off,
    frames,  // a second
    bits,    // a second, of frames without checksum and preamble
    share,   // of the speed of the port's link
  };

  static constexpr double most_frames = 1e9;
  static constexpr double least_bits = 1e3;
  static constexpr double most_bits = 1e12;
  static constexpr double least_share = 1e-5;
  static constexpr std::uint64_t longest_burst = 1'000'000;     // frames
  static constexpr std::uint64_t largest_burst = 256U << 20;    // bytes
  static constexpr std::uint64_t full_frame = 1'514;            // bytes: the least burst
  static constexpr std::uint64_t usual_speed = 10'000'000'000;  // bits a second

  Unit unit = Unit::off;
  double rate = 0;          // in that unit; a share is from 0 to 1
  std::uint64_t burst = 0;  // frames or bytes at once after a pause; 0: as much as in 100 ms

  bool operator==(const StormLimit&) const = default;
};

struct StormRule {
  std::array<StormLimit, flood_kind_count> limits = {};  // by FloodKind

  bool operator==(const StormRule&) const = default;

  [[nodiscard]] StormLimit& of(FloodKind kind) { return limits[to_size(kind)]; }
  [[nodiscard]] const StormLimit& of(FloodKind kind) const { return limits[to_size(kind)]; }

  [[nodiscard]] bool is_none() const { return *this == StormRule{}; }
  // Whether it depends on the speed of the port's link.
  [[nodiscard]] bool is_of_speed() const {
    return std::ranges::any_of(
        limits, [](const StormLimit& each) { return each.unit == StormLimit::Unit::share; });
  }
};

}  // namespace tapswitch
