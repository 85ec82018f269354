// SPDX-License-Identifier: Apache-2.0
#include "control/network/guests.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <stdexcept>

#include "control/rpc/error.hpp"
#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace guests_test {

using network::Guest;
using network::OpenedPort;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;

// A door at which the guests wait that the test sends.
class Door final : public network::OpenEnd {
 public:
  [[nodiscard]] bool is_door() const override { return true; }
  [[nodiscard]] std::optional<Guest> take_guest() override {
    if (waiting_.empty()) {
      return std::nullopt;
    }
    Guest guest{.port = std::make_unique<ScriptedPort>(),
                .number = waiting_.front(),
                .description = "a client"};
    waiting_.pop_front();
    return guest;
  }

  void send(std::uint32_t number) { waiting_.push_back(number); }

 private:
  std::deque<std::uint32_t> waiting_;
};

class GuestsTest : public Stage {
 protected:
  GuestsTest() {
    auto door = std::make_unique<Door>();
    at_door_ = door.get();
    door_.end = std::move(door);
  }

  void enter(RunningPort&& added, OpenedPort& opened) {
    if (!refusal_.empty()) {
      throw std::runtime_error(refusal_);
    }
    RunningPort& running =
        inventory_.ports().try_emplace(added.spec.name, std::move(added)).first->second;
    running.index = *home_.engine->add_port(std::move(opened.port), running.spec.rule);
    home_.port_names[running.index] = running.spec.name;
  }

  RunningSwitch& home_ = add_switch("sw0");
  RunningPort& door_ = add_port(home_, "vms");
  Door* at_door_ = nullptr;
  std::string refusal_;
  network::Changes changes_{inventory_, announcer_};
  network::Guests guests_{
      inventory_, changes_, announcer_,
      [this](RunningPort&& added, OpenedPort& opened) { enter(std::move(added), opened); }};
};

TEST_F(GuestsTest, EachWhoWaitsIsAPortWithTheRulesOfTheDoor) {
  door_.spec.rule.isolated = true;
  at_door_->send(1);
  at_door_->send(2);
  guests_.take_in(door_);
  const RunningPort& guest = inventory_.find_port("vms.2");
  EXPECT_TRUE(guest.is_guest());
  EXPECT_TRUE(guest.spec.rule.isolated);
  EXPECT_EQ(guest.spec.description, "a client");
  EXPECT_EQ(guests_.of(door_).size(), 2U);
  EXPECT_TRUE(guests_.of(guest).empty());
}

TEST_F(GuestsTest, GuestWhoseNameIsTakenIsTurnedAwayAndTheNextComesIn) {
  add_port(home_, "vms.1");
  at_door_->send(1);
  at_door_->send(2);
  guests_.take_in(door_);
  EXPECT_EQ(notices(), Told{"a guest was turned away: there is a port 'vms.1' already"});
  EXPECT_EQ(guests_.of(door_).size(), 1U);
}

TEST_F(GuestsTest, GuestWhomTheSwitchRefusesIsTurnedAway) {
  refusal_ = "no memory";
  at_door_->send(1);
  guests_.take_in(door_);
  EXPECT_EQ(notices(), Told{"a guest was turned away: no memory"});
  EXPECT_TRUE(guests_.of(door_).empty());
}

TEST_F(GuestsTest, RuleOfTheDoorReachesItsGuestsAndNoFrameCrossesTheDoor) {
  at_door_->send(1);
  guests_.take_in(door_);
  RunningPort& guest = inventory_.find_port("vms.1");
  subscribe({events::Topic::ports});
  door_.spec.rule.isolated = true;
  guests_.bring_rule(door_);
  EXPECT_TRUE(home_.engine->port_rule(guest.index).isolated);
  EXPECT_FALSE(home_.engine->port_rule(door_.index).learning);
  EXPECT_FALSE(home_.engine->port_rule(door_.index).vlan.carries(1));
  EXPECT_EQ(heard(), Told{"port changed vms.1"});
}

TEST_F(GuestsTest, RuleOfAGuestIsKeptInAComposedChange) {
  at_door_->send(1);
  guests_.take_in(door_);
  const RunningPort& guest = inventory_.find_port("vms.1");
  changes_.begin();
  changes_.keep_rule(door_);
  door_.spec.rule.isolated = true;
  guests_.bring_rule(door_);
  EXPECT_FALSE(guest.rule().isolated);
  EXPECT_TRUE(changes_.end(1));
  EXPECT_TRUE(guest.rule().isolated);
}

TEST_F(GuestsTest, GuestIsToldFromAPortThatIsConfigured) {
  EXPECT_NO_THROW(network::Guests::check_is_none(door_));
  at_door_->send(1);
  guests_.take_in(door_);
  EXPECT_THROW(network::Guests::check_is_none(inventory_.find_port("vms.1")), rpc::Error);
}

}  // namespace guests_test
}  // namespace tapswitch::test
