// SPDX-License-Identifier: Apache-2.0
// storm.hpp: how the storm of one class of frames at a port was seen last: pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "switch/forwarding/flood_kind.hpp"

namespace tapswitch::network {

class Storm {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // A storm is over when nothing of its class has been dropped for so long.
  static constexpr std::chrono::seconds calm{5};

  enum class Turn : std::uint8_t { begins, ends };

  // Takes notice of how many frames of the class have been dropped by 'now' in all, and of whether
  // there is still a limit. Returns what becomes of the storm; nullopt: nothing.
  std::optional<Turn> look(std::uint64_t drops, bool has_limit, TimePoint now) {
    if (drops != seen_) {
      last_ = now;
      if (!is_under_way_) {
        before_ = seen_;
      }
      seen_ = drops;
      return is_under_way_ || !has_limit ? std::nullopt : become(true, Turn::begins);
    }
    const bool is_over = is_under_way_ && (!has_limit || now - last_ >= calm);
    return is_over ? become(false, Turn::ends) : std::nullopt;
  }

  [[nodiscard]] bool is_under_way() const { return is_under_way_; }
  // Returns how many frames it has cost so far; when it is over, in all.
  [[nodiscard]] std::uint64_t dropped() const { return seen_ - before_; }

 private:
  std::optional<Turn> become(bool is_under_way, Turn turn) {
    is_under_way_ = is_under_way;
    return turn;
  }

  std::uint64_t seen_ = 0;
  std::uint64_t before_ = 0;  // what had been dropped when it began
  TimePoint last_{};          // when drops were seen
  bool is_under_way_ = false;
};

// By FloodKind.
using StormsOfPort = std::array<Storm, flood_kind_count>;

}  // namespace tapswitch::network
