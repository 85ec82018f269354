// SPDX-License-Identifier: Apache-2.0
#include "control/server/turns.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tapswitch::server {
namespace {

// A turn at the control socket costs so much less than one elsewhere.
constexpr int control_weight = 8;

}  // namespace

void Turns::ask(Payer payer, Task task) {
  Entrance& entrance = of(payer);
  if (entrance.waiting == 0) {
    entrance.paid = std::max(entrance.paid, level_);
  }
  Account& account = entrance.accounts[payer.uid];
  if (account.waiting.empty()) {
    account.paid = std::max(account.paid, entrance.level);
  }
  account.waiting.push_back({.number = asked_++, .task = std::move(task)});
  ++entrance.waiting;
}

std::optional<Turns::Turn> Turns::next() {
  const auto entrance = std::ranges::min_element(entrances_, {}, [](const Entrance& each) {
    return std::tuple(each.waiting == 0, each.paid);
  });
  if (entrance->waiting == 0) {
    return std::nullopt;
  }
  const auto found = std::ranges::min_element(entrance->accounts, {}, [](const auto& each) {
    const Account& account = each.second;
    return account.waiting.empty()
               ? std::tuple(true, account.paid, std::uint64_t{0})
               : std::tuple(false, account.paid, account.waiting.front().number);
  });
  auto& [uid, account] = *found;
  level_ = entrance->paid;
  entrance->level = account.paid;
  const auto kind = static_cast<EntranceKind>(entrance - entrances_.begin());
  Turn turn{.payer = {.entrance = kind, .uid = uid},
            .task = std::move(account.waiting.front().task)};
  account.waiting.pop_front();
  --entrance->waiting;
  std::erase_if(entrance->accounts, [&](const auto& each) {
    return each.second.waiting.empty() && each.second.paid < entrance->level;
  });
  return turn;
}

void Turns::pay(Payer payer, Duration time) {
  Entrance& entrance = of(payer);
  entrance.paid += payer.entrance == EntranceKind::control ? time / control_weight : time;
  if (const auto account = entrance.accounts.find(payer.uid); account != entrance.accounts.end()) {
    account->second.paid += time;
  }
}

bool Turns::is_empty() const {
  return std::ranges::all_of(entrances_, [](const Entrance& each) { return each.waiting == 0; });
}

std::size_t Turns::accounts() const {
  std::size_t count = 0;
  for (const Entrance& entrance : entrances_) {
    count += entrance.accounts.size();
  }
  return count;
}

}  // namespace tapswitch::server
