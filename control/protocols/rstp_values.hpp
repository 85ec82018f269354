// SPDX-License-Identifier: Apache-2.0
// rstp_values.hpp: the values that spanning tree is about: identifiers, priority vectors, times
// [802.1D-2004 17.5, 17.6, 9.2]. Of any two of one kind the smaller is the better.
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>

#include "switch/frame/mac_address.hpp"

namespace tapswitch::protocols {

using TimePoint = std::chrono::steady_clock::time_point;

// Names a bridge: a priority of 16 bits before its address.
struct BridgeId {
  std::uint64_t bits = 0;

  static constexpr BridgeId of(std::uint16_t priority, MacAddress address) {
    return {std::uint64_t{priority} << 48 | address.bits()};
  }
  [[nodiscard]] constexpr std::uint16_t priority() const {
    return static_cast<std::uint16_t>(bits >> 48);
  }
  [[nodiscard]] constexpr MacAddress address() const { return MacAddress(bits); }

  constexpr auto operator<=>(const BridgeId&) const = default;
};

// 1 to 4,095. Zero: no port.
enum class PortNumber : std::uint16_t {};
constexpr std::uint16_t last_port_number = 4'095;

constexpr std::uint16_t to_word(PortNumber number) { return static_cast<std::uint16_t>(number); }

// Names a port of a bridge: a priority of four bits before its number.
constexpr std::uint16_t port_id(std::uint8_t priority, PortNumber number) {
  return static_cast<std::uint16_t>((priority & 0xf0) << 8 | to_word(number));
}
constexpr std::uint16_t number_part(std::uint16_t port_id) { return port_id & 0x0fff; }

// Says what a bridge tells of the tree, or a port has heard of it [17.5].
struct PriorityVector {
  BridgeId root;
  std::uint32_t cost = 0;  // from the designated bridge to the root
  BridgeId bridge;         // the designated one
  std::uint16_t port = 0;  // by which it says this

  constexpr auto operator<=>(const PriorityVector&) const = default;

  // Whether both come from one port of one bridge, whatever their priorities are.
  [[nodiscard]] constexpr bool is_from_where(const PriorityVector& other) const {
    return bridge.address() == other.bridge.address() &&
           number_part(port) == number_part(other.port);
  }
};

// In 1/256 of a second, as they are in BPDUs.
using Ticks = std::uint16_t;
constexpr Ticks ticks_a_second = 256;

struct TreeTimes {
  Ticks message_age = 0;
  Ticks max_age = 20 * ticks_a_second;
  Ticks hello = 2 * ticks_a_second;
  Ticks forward_delay = 15 * ticks_a_second;

  bool operator==(const TreeTimes&) const = default;

  // Returns the same within the bounds of the standard [table 17-1]: a bridge that says less would
  // have others forward before they know where.
  [[nodiscard]] constexpr TreeTimes bounded() const {
    const auto within = [](Ticks value, int least, int most) {
      return static_cast<Ticks>(
          std::clamp<int>(value, least * ticks_a_second, most * ticks_a_second));
    };
    return {.message_age = message_age,
            .max_age = within(max_age, 6, 40),
            .hello = within(hello, 1, 10),
            .forward_delay = within(forward_delay, 4, 30)};
  }
};

// How long a port is silent, or speaks as it did, before it is thought otherwise [17.13.9].
constexpr std::chrono::milliseconds migrate_time{3'000};

constexpr std::chrono::milliseconds to_time(Ticks ticks) {
  return std::chrono::milliseconds(1'000 * ticks / ticks_a_second);
}

}  // namespace tapswitch::protocols
