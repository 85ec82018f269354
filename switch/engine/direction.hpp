// SPDX-License-Identifier: Apache-2.0
// direction.hpp: tells frames that a port has received from those that it sends.
#pragma once

#include <cstdint>

namespace tapswitch {

enum class Direction : std::uint8_t { in, out };

// Which directions somebody wants to see.
struct Directions {
  bool in = true;
  bool out = true;

  constexpr bool operator==(const Directions&) const = default;

  [[nodiscard]] constexpr bool has(Direction direction) const {
    return direction == Direction::in ? in : out;
  }
};

}  // namespace tapswitch
