// SPDX-License-Identifier: Apache-2.0
#include "control/network/storms.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "control/config/storm_control.hpp"

namespace tapswitch::network {

bool Storms::look_at_some(TimePoint now) {
  if (now != second_) {
    second_ = now;
    told_ = 0;
  }
  // One by one, to stop behind the port with which there have been enough.
  for (std::size_t looks = 0; looks < looked_at_once; ++looks) {
    const bool are_more =
        round_.go_on(inventory_.ports(), 1, [&](RunningPort& port) { look_at(port, now); });
    if (!are_more || told_ >= most_told) {
      return false;
    }
  }
  return true;
}

void Storms::look_at(RunningPort& port, TimePoint now) {
  const StormRule& rule = port.rule().storm;
  if (rule.is_none() && std::ranges::none_of(port.storms, &Storm::is_under_way)) {
    return;
  }
  const auto drops = port.home->engine->storm_drops(port.index);
  for (const FloodKind kind : flood_kinds) {
    const bool has_limit = rule.of(kind).unit != StormLimit::Unit::off;
    if (const auto turn = port.storms[to_size(kind)].look(drops[to_size(kind)], has_limit, now)) {
      tell(port, kind, *turn);
    }
  }
}

void Storms::tell(const RunningPort& port, FloodKind kind, Storm::Turn turn) {
  ++told_;
  announcer_.tell_storm(port, kind, turn == Storm::Turn::begins ? "storm" : "calm");
  const std::uint64_t dropped = port.storms[to_size(kind)].dropped();
  announcer_.tell_operator(
      turn == Storm::Turn::begins
          ? fmt::format("port '{}': a storm of {} frames has begun, and what is beyond storm "
                        "control ({}) is dropped",
                        port.spec.name, text_of(kind), config::in_short(port.rule().storm))
          : fmt::format("port '{}': the storm of {} frames is over; {} were dropped",
                        port.spec.name, text_of(kind), dropped));
}

}  // namespace tapswitch::network
