// SPDX-License-Identifier: Apache-2.0
// flood_kind.hpp: names the classes of frames that have no single known destination.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tapswitch {

// Decides which of the flood rules of an egress port applies, and which limit of storm control at
// ingress.
enum class FloodKind : std::uint8_t { unknown_unicast, multicast, broadcast };

constexpr std::size_t flood_kind_count = 3;
constexpr std::array<FloodKind, flood_kind_count> flood_kinds = {
    FloodKind::broadcast, FloodKind::multicast, FloodKind::unknown_unicast};

constexpr std::size_t to_size(FloodKind kind) { return static_cast<std::size_t>(kind); }

// Returns its name in documents and events.
constexpr std::string_view text_of(FloodKind kind) {
  constexpr std::array<std::string_view, flood_kind_count> names = {"unknown_unicast", "multicast",
                                                                    "broadcast"};
  return names[to_size(kind)];
}

}  // namespace tapswitch
