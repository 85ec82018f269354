// SPDX-License-Identifier: Apache-2.0
// turns.hpp: decides whose turn it is on the control thread, so that no user and no socket waits
// for another longer than a turn lasts.
//
// Theory of operation: everybody pays for the time of its turns, and whoever has paid least is
// next: first among the entrances, where a turn at the control socket costs an eighth, then among
// the users of that entrance, then in the order of asking. Whoever comes back after a rest begins
// level with the one served last: a rest saves up nothing.
// Limits: one task for each session or connection that asks; users are forgotten once their debt
// is made good. Threads: the control thread. Pure: time is what pay() is told.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace tapswitch::server {

// In the order of those who are served first when all have paid the same.
enum class EntranceKind : std::uint8_t { control, metrics, read_only };
constexpr std::size_t entrance_kind_count = 3;

// The one on whose account a turn is taken, or memory held.
struct Payer {
  EntranceKind entrance;
  std::uint32_t uid;
};

class Turns {
 public:
  using Duration = std::chrono::nanoseconds;
  using Task = std::function<void()>;

  struct Turn {
    Payer payer;
    Task task;
  };

  // Puts 'task' behind the other tasks of 'payer'.
  void ask(Payer payer, Task task);

  // Returns the turn that is next, which then waits no more; nullopt if nobody waits.
  [[nodiscard]] std::optional<Turn> next();

  // Charges 'payer' with the time that its turn has taken.
  void pay(Payer payer, Duration time);

  [[nodiscard]] bool is_empty() const;

  // Returns how many users have an account.
  [[nodiscard]] std::size_t accounts() const;

 private:
  struct Waiting {
    std::uint64_t number;  // in the order of asking
    Task task;
  };
  struct Account {
    Duration paid{};
    std::deque<Waiting> waiting;
  };
  struct Entrance {
    Duration paid{};
    Duration level{};         // what the account served last had paid
    std::size_t waiting = 0;  // tasks of all accounts
    std::map<std::uint32_t, Account> accounts;
  };

  [[nodiscard]] Entrance& of(Payer payer) {
    return entrances_[static_cast<std::size_t>(payer.entrance)];
  }

  std::array<Entrance, entrance_kind_count> entrances_;
  Duration level_{};  // what the entrance served last had paid
  std::uint64_t asked_ = 0;
};

}  // namespace tapswitch::server
