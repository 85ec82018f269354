// SPDX-License-Identifier: Apache-2.0
#include "control/server/budget.hpp"

namespace tapswitch::server {

bool Budget::has_room(Payer payer, bool holds_some) const {
  const std::size_t share = holds_some ? 2 : 1;
  const Entrance& entrance = entrances_[static_cast<std::size_t>(payer.entrance)];
  const auto user = entrance.of_user.find(payer.uid);
  return entrance.held < per_entrance_ / share &&
         (user == entrance.of_user.end() || user->second < per_user_ / share);
}

bool Budget::change(Payer payer, std::size_t before, std::size_t after) {
  if (before == after) {
    return false;
  }
  const bool had_room = has_room(payer, false);
  const bool had_much_room = has_room(payer, true);
  Entrance& entrance = entrances_[static_cast<std::size_t>(payer.entrance)];
  std::size_t& held = entrance.of_user[payer.uid];
  entrance.held += after - before;
  held += after - before;
  if (held == 0) {
    entrance.of_user.erase(payer.uid);
  }
  return (!had_room && has_room(payer, false)) || (!had_much_room && has_room(payer, true));
}

}  // namespace tapswitch::server
