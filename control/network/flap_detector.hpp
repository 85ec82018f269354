// SPDX-License-Identifier: Apache-2.0
// flap_detector.hpp: finds stations that move to and fro: a loop in the network, or two stations
// with one address.
//
// A station flaps when it moves 'most_moves' times within 'window'; that is told once in a window.
// Limits: 'most_stations' stations are watched at a time; of those that move while so many are, the
// flapping goes unnoticed until the moves of others are 'window' old.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch::network {

class FlapDetector {
 public:
  static constexpr std::chrono::seconds window{10};
  static constexpr std::uint32_t most_moves = 5;
  static constexpr std::size_t most_stations = 1024;

  // Notes that 'station' moved at 'now'. True: with this move it flaps.
  bool moved(Station station, TimePoint now) {
    const auto key = std::pair(station.vid, station.mac);
    auto found = moves_.find(key);
    if (found == moves_.end() && moves_.size() >= most_stations) {
      std::erase_if(moves_, [now](const auto& each) { return is_over(each.second, now); });
    }
    if (found == moves_.end() && moves_.size() >= most_stations) {
      return false;
    }
    Moves& moves = moves_[key];
    if (moves.count == 0 || is_over(moves, now)) {
      moves = {.since = now};
    }
    return ++moves.count == most_moves;
  }

  void clear() { moves_.clear(); }

 private:
  struct Moves {
    TimePoint since{};  // the first of them
    std::uint32_t count = 0;
  };

  static bool is_over(const Moves& moves, TimePoint now) { return now - moves.since > window; }

  std::map<std::pair<VlanId, MacAddress>, Moves> moves_;
};

}  // namespace tapswitch::network
