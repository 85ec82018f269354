// SPDX-License-Identifier: Apache-2.0
// Users and sockets that ask for turns, in virtual time: what a turn takes is a number.
#include "control/server/turns.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tapswitch::server {
namespace turns_test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Payer root{.entrance = EntranceKind::control, .uid = 0};
constexpr Payer friendly{.entrance = EntranceKind::control, .uid = 1000};
constexpr Payer stranger{.entrance = EntranceKind::read_only, .uid = 2000};
constexpr Payer neighbour{.entrance = EntranceKind::read_only, .uid = 3000};

// A control thread on which a turn of each task takes a time of its own.
class TurnsTest : public testing::Test {
 protected:
  // A session that has more to ask whenever it has been answered.
  void ask_for_ever(Payer payer, const std::string& name, nanoseconds time) {
    ask(payer, name, time, [=, this] { ask_for_ever(payer, name, time); });
  }

  void ask(
      Payer payer, const std::string& name, nanoseconds time, std::function<void()> then = [] {}) {
    turns_.ask(payer, [=, this] {
      served_.push_back(name);
      spent_[name] += time;
      last_ = time;
      then();
    });
  }

  bool take_a_turn() {
    const auto turn = turns_.next();
    if (turn) {
      turn->task();
      turns_.pay(turn->payer, last_);
      now_ += last_;
    }
    return turn.has_value();
  }

  void run_for(nanoseconds time) {
    for (const nanoseconds end = now_ + time; now_ < end && take_a_turn();) {
    }
  }

  [[nodiscard]] double share(const std::string& name) {
    return static_cast<double>(spent_[name].count()) / static_cast<double>(now_.count());
  }

  Turns turns_;
  std::vector<std::string> served_;
  std::map<std::string, nanoseconds> spent_;
  nanoseconds last_{};
  nanoseconds now_{};
};

TEST_F(TurnsTest, NobodyAsksAndNobodyIsNext) {
  EXPECT_FALSE(take_a_turn());
  EXPECT_TRUE(turns_.is_empty());
}

TEST_F(TurnsTest, SessionsOfOneUserAreServedInTheOrderOfAsking) {
  for (const char* name : {"a", "b", "c"}) {
    ask(root, name, milliseconds(1));
  }
  run_for(milliseconds(9));
  EXPECT_EQ(served_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(TurnsTest, OperatorWaitsForOneTurnHoweverManyStrangersAsk) {
  for (int i = 0; i < 60; ++i) {
    ask_for_ever(stranger, "stranger", milliseconds(5));
  }
  for (int call = 0; call < 100; ++call) {
    run_for(milliseconds(100));
    const nanoseconds asked = now_;
    ask(root, "operator", milliseconds(1));
    while (served_.back() != "operator") {
      ASSERT_TRUE(take_a_turn());
    }
    ASSERT_LE(now_ - asked, milliseconds(5 + 1));
  }
}

TEST_F(TurnsTest, UserWithOneSessionWaitsForOneTurnOfAUserWithMany) {
  for (int i = 0; i < 60; ++i) {
    ask_for_ever(stranger, "stranger", milliseconds(5));
  }
  run_for(milliseconds(500));
  const nanoseconds asked = now_;
  ask(neighbour, "neighbour", milliseconds(1));
  while (served_.back() != "neighbour") {
    ASSERT_TRUE(take_a_turn());
  }
  EXPECT_LE(now_ - asked, milliseconds(5 + 1));
}

TEST_F(TurnsTest, UsersShareTheTimeNotTheTurns) {
  ask_for_ever(stranger, "dear", milliseconds(10));
  ask_for_ever(neighbour, "cheap", milliseconds(1));
  run_for(milliseconds(10'000));
  EXPECT_NEAR(share("dear"), 0.5, 0.01);
  EXPECT_NEAR(share("cheap"), 0.5, 0.01);
}

TEST_F(TurnsTest, ControlSocketHasEightNinthsOfTheTime) {
  ask_for_ever(root, "root", milliseconds(1));
  ask_for_ever(friendly, "friendly", milliseconds(1));
  ask_for_ever(stranger, "stranger", milliseconds(1));
  run_for(milliseconds(9'000));
  EXPECT_NEAR(share("root"), 4.0 / 9, 0.01);
  EXPECT_NEAR(share("friendly"), 4.0 / 9, 0.01);
  EXPECT_NEAR(share("stranger"), 1.0 / 9, 0.01);
}

TEST_F(TurnsTest, RestSavesUpNothing) {
  ask_for_ever(stranger, "stranger", milliseconds(1));
  run_for(milliseconds(10'000));
  ask_for_ever(neighbour, "neighbour", milliseconds(1));
  const nanoseconds begin = now_;
  run_for(milliseconds(1'000));
  EXPECT_NEAR(static_cast<double>(spent_["neighbour"].count()),
              static_cast<double>((now_ - begin).count()) / 2, 2e6);
}

TEST_F(TurnsTest, ShortRestCancelsNoDebt) {
  ask_for_ever(neighbour, "neighbour", milliseconds(1));
  ask(stranger, "dear", milliseconds(50));
  run_for(milliseconds(52));
  // The user has 50 ms behind it, and others had one: it waits until they have had as much.
  ask(stranger, "again", milliseconds(1));
  run_for(milliseconds(40));
  EXPECT_NE(served_.back(), "again");
  run_for(milliseconds(20));
  EXPECT_EQ(spent_["again"], milliseconds(1));
}

TEST_F(TurnsTest, UsersAreForgottenWhenTheirDebtIsMadeGood) {
  ask_for_ever(neighbour, "neighbour", milliseconds(1));
  for (std::uint32_t uid = 10'000; uid < 20'000; ++uid) {
    ask({.entrance = EntranceKind::read_only, .uid = uid}, "passer-by", milliseconds(3));
    take_a_turn();
    take_a_turn();
  }
  run_for(milliseconds(100'000));
  EXPECT_EQ(turns_.accounts(), 1U);
}

}  // namespace turns_test
}  // namespace tapswitch::server
