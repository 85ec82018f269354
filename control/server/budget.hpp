// SPDX-License-Identifier: Apache-2.0
// budget.hpp: counts what sessions hold together, for each user and each entrance.
//
// Theory of operation: a budget is full for a user when either the user's sessions or all of the
// entrance hold their limit. The upper half is for sessions that hold nothing yet: those that hold
// much and do not let go of it cannot keep the others from a first portion.
// Limits: whoever asks first goes beyond a limit by one portion at most. A user without holdings
// has no account. Threads: the control thread. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "control/server/turns.hpp"

namespace tapswitch::server {

class Budget {
 public:
  Budget(std::size_t per_user, std::size_t per_entrance)
      : per_user_(per_user), per_entrance_(per_entrance) {}

  // Returns whether a session of 'payer' that holds nothing yet, or one that 'holds_some', may hold
  // more.
  [[nodiscard]] bool has_room(Payer payer, bool holds_some) const;

  // Notes that a session of 'payer' holds 'after' instead of 'before'. Returns whether there is
  // room now, of either kind, where there was none.
  bool change(Payer payer, std::size_t before, std::size_t after);

 private:
  struct Entrance {
    std::size_t held = 0;
    std::map<std::uint32_t, std::size_t> of_user;
  };

  const std::size_t per_user_;
  const std::size_t per_entrance_;
  std::array<Entrance, entrance_kind_count> entrances_;
};

}  // namespace tapswitch::server
