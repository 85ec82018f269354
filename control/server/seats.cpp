// SPDX-License-Identifier: Apache-2.0
#include "control/server/seats.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace tapswitch::server {
namespace {

bool is_idler(const Seat& one, const Seat& other) {
  return std::tuple(one.is_subscribed, one.active) < std::tuple(other.is_subscribed, other.active);
}

}  // namespace

Seating seat_for(std::uint32_t uid, std::span<const Seat> taken, SeatLimits limits) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const Seat& seat : taken) {
    ++counts[seat.uid];
  }
  const bool has_all_of_its_own = counts[uid] >= limits.per_user;
  if (!has_all_of_its_own && taken.size() < limits.all) {
    return {.kind = Seating::Kind::free};
  }
  std::size_t most = 0;
  for (const auto& [user, count] : counts) {
    most = std::max(most, count);
  }
  std::optional<std::size_t> idlest;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const Seat& seat = taken[i];
    const bool may_leave = has_all_of_its_own ? seat.uid == uid : counts[seat.uid] == most;
    if (may_leave && !seat.is_busy && (!idlest || is_idler(seat, taken[*idlest]))) {
      idlest = i;
    }
  }
  return idlest ? Seating{.kind = Seating::Kind::replace, .leaving = *idlest}
                : Seating{.kind = Seating::Kind::refuse};
}

}  // namespace tapswitch::server
