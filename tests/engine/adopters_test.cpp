// SPDX-License-Identifier: Apache-2.0
// The picture of a switch where somebody besides the workers forwards by it.
#include "switch/engine/adopters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/lan.hpp"

namespace tapswitch::test {
namespace adopters_test {

using Diary = std::vector<std::string>;

// Notes what is asked of it.
class FakeAdopter final : public Adopter {
 public:
  FakeAdopter(std::string name, Diary& diary) : name_(std::move(name)), diary_(diary) {}

  void withdraw(SwitchId /*id*/) noexcept override {
    diary_.push_back(name_ + " withdraws");
    picture_.reset();
  }
  void adopt_all(std::span<const Adoption> all) override {
    for (const Adoption& next : all) {
      if (refusals_ > 0) {
        --refusals_;
        diary_.push_back(name_ + " refuses");
        throw std::runtime_error("no room");
      }
      diary_.push_back(name_ + " adopts");
      picture_ = next.picture;
    }
  }

  void add_totals(SwitchId /*id*/, PortIndex /*port*/, PortTotals& sum) const override {
    sum.in_octets += counted_;
  }
  void add_totals(SwitchId /*id*/, VlanId vid, VlanTotals& sum) const override {
    sum.in_frames += vid;
  }

  void refuse(int times) { refusals_ = times; }
  [[nodiscard]] const Picture* picture() const { return picture_.get(); }

 private:
  const std::string name_;
  Diary& diary_;
  std::shared_ptr<const Picture> picture_;
  int refusals_ = 0;
  std::uint64_t counted_ = 7;
};

class AdoptersTest : public testing::Test {
 protected:
  AdoptersTest() {
    all_.add(second_);
    all_.add(third_);
  }

  Diary diary_;
  FakeAdopter workers_{"workers", diary_};
  FakeAdopter second_{"second", diary_};
  FakeAdopter third_{"third", diary_};
  Adopters all_{workers_};
};

TEST_F(AdoptersTest, LastWithdrawsFirstAndAdoptsLast) {
  all_.hand_over(SwitchId{}, std::make_shared<Picture>(), nullptr);
  EXPECT_EQ(diary_, (Diary{"third withdraws", "second withdraws", "workers adopts", "second adopts",
                           "third adopts"}));
}

TEST_F(AdoptersTest, RefusalOfOneGivesAllThePictureBefore) {
  const auto before = std::make_shared<const Picture>();
  all_.hand_over(SwitchId{}, before, nullptr);
  for (FakeAdopter* refusing : {&workers_, &second_, &third_}) {
    refusing->refuse(1);
    EXPECT_THROW(all_.hand_over(SwitchId{}, std::make_shared<Picture>(), before),
                 std::runtime_error);
    for (const FakeAdopter* each : {&workers_, &second_, &third_}) {
      EXPECT_EQ(each->picture(), before.get());
    }
  }
}

TEST_F(AdoptersTest, WhoRefusesEvenThePictureBeforeHasWithdrawnWithAllBehindIt) {
  const auto before = std::make_shared<const Picture>();
  all_.hand_over(SwitchId{}, before, nullptr);
  second_.refuse(2);
  EXPECT_THROW(all_.hand_over(SwitchId{}, std::make_shared<Picture>(), before), std::runtime_error);
  EXPECT_EQ(workers_.picture(), before.get());
  EXPECT_EQ(second_.picture(), nullptr);
  EXPECT_EQ(third_.picture(), nullptr);
}

// A switch with two ports in VLAN 1 and an adopter behind the workers.
class RefusedPicture : public testing::Test {
 protected:
  RefusedPicture() {
    pool_.adopters().add(adopter_);
    engine_.emplace(pool_);
    for (int i = 0; i < 2; ++i) {
      SocketPortPair pair = make_socket_port();
      ports_.push_back(*engine_->add_port(std::move(pair.port), access(1)));
      cables_.push_back(std::move(pair.cable));
    }
  }

  // All is as it was: the picture, for everybody, and what becomes of frames.
  void expect_unchanged(const Picture* before) {
    EXPECT_EQ(&engine_->picture(), before);
    EXPECT_EQ(adopter_.picture(), before);
    const auto sent = frame(alice, everybody).payload(number_++).build();
    ASSERT_TRUE(cables_[0].send(sent));
    EXPECT_EQ(cables_[1].wait_for_frame(), sent);
    EXPECT_EQ(engine_->fdb().count_on(ports_[0]), 1U);
  }

  Diary diary_;
  FakeAdopter adopter_{"fake", diary_};
  WorkerPool pool_{2};
  std::optional<Switch> engine_;
  std::vector<PortIndex> ports_;
  std::vector<Cable> cables_;
  std::size_t number_ = 46;
};

TEST_F(RefusedPicture, EveryChangeIsTakenBack) {
  const Picture* const before = &engine_->picture();
  ASSERT_NO_FATAL_FAILURE(expect_unchanged(before));
  adopter_.refuse(1);
  EXPECT_THROW(engine_->set_port_rule(ports_[0], access(2)), std::runtime_error);
  EXPECT_EQ(engine_->port_rule(ports_[0]).vlan.pvid, 1);
  expect_unchanged(before);

  adopter_.refuse(1);
  EXPECT_THROW(engine_->set_rule({.forwarded_reserved = 1}), std::runtime_error);
  expect_unchanged(before);

  adopter_.refuse(1);
  EXPECT_THROW(engine_->set_port_state(ports_[1], {.mtu = 10}), std::runtime_error);
  EXPECT_EQ(engine_->port_state(ports_[1]).mtu, 1500U);
  expect_unchanged(before);

  adopter_.refuse(1);
  SocketPortPair pair = make_socket_port();
  std::unique_ptr<Port> other = std::move(pair.port);
  const Port* const given = other.get();
  EXPECT_THROW((void)engine_->add_port(std::move(other), access(1)), std::runtime_error);
  EXPECT_EQ(other.get(), given);
  expect_unchanged(before);

  adopter_.refuse(1);
  EXPECT_THROW((void)engine_->remove_port(ports_[0]), std::runtime_error);
  expect_unchanged(before);

  adopter_.refuse(1);
  EXPECT_THROW((void)engine_->replace_port(ports_[0], other), std::runtime_error);
  EXPECT_EQ(other.get(), given);
  expect_unchanged(before);
}

TEST_F(RefusedPicture, PortsThatWereToGoAreHeardWhereARemovalIsRefused) {
  const Picture* const before = &engine_->picture();
  engine_->begin_change();
  engine_->dismiss_port(ports_[0]);
  adopter_.refuse(1);
  EXPECT_THROW((void)engine_->remove_port(ports_[1]), std::runtime_error);
  EXPECT_TRUE(engine_->keep_port(ports_[0]));
  expect_unchanged(before);
}

TEST_F(RefusedPicture, RulesOfARefusedCommitTakeEffectWithTheNextChange) {
  const Picture* const before = &engine_->picture();
  engine_->begin_change();
  engine_->set_port_rule(ports_[0], access(2));
  adopter_.refuse(1);
  EXPECT_THROW((void)engine_->commit(), std::runtime_error);
  expect_unchanged(before);
  engine_->set_rule({.forwarded_reserved = 1});
  EXPECT_EQ(engine_->snapshot().port(ports_[0]).pvid(), 2);
  EXPECT_EQ(adopter_.picture(), &engine_->picture());
}

TEST_F(RefusedPicture, ManyPortsThatComeAndGoTakeOnePicture) {
  diary_.clear();
  engine_->begin_change();
  engine_->dismiss_port(ports_[0]);
  for (int i = 0; i < 200; ++i) {
    SocketPortPair pair = make_socket_port();
    ports_.push_back(*engine_->add_port(std::move(pair.port), access(1)));
    cables_.push_back(std::move(pair.cable));
  }
  ASSERT_TRUE(engine_->commit());
  EXPECT_EQ(diary_, (Diary{"fake withdraws", "fake adopts"}));
  ASSERT_TRUE(cables_.back().send(frame(bob, everybody).build()));
  EXPECT_TRUE(cables_[2].wait_for_frame());
  diary_.clear();
  engine_->begin_change();
  for (const PortIndex port : ports_) {
    engine_->dismiss_port(port);
  }
  ASSERT_TRUE(engine_->commit());
  for (const PortIndex port : ports_) {
    EXPECT_TRUE(engine_->remove_port(port));
  }
  EXPECT_EQ(diary_, (Diary{"fake withdraws", "fake adopts"}));
}

TEST_F(RefusedPicture, ChangeOfSeveralSwitchesIsTakenBackWhole) {
  Switch other(pool_);
  Switch untouched(pool_);
  SocketPortPair pair = make_socket_port();
  other.begin_change();
  const PortIndex added = *other.add_port(std::move(pair.port), access(1));
  engine_->begin_change();
  engine_->dismiss_port(ports_[0]);
  const Picture* const before = adopter_.picture();
  const std::array<Switch*, 3> all = {&*engine_, &other, &untouched};
  adopter_.refuse(1);
  EXPECT_THROW((void)Switch::bring_all(all), std::runtime_error);
  EXPECT_FALSE(other.is_in_force(added));
  EXPECT_TRUE(engine_->is_in_force(ports_[0]));
  ASSERT_TRUE(cables_[0].send(frame(alice, everybody).build()));
  EXPECT_TRUE(cables_[1].wait_for_frame());
  diary_.clear();
  EXPECT_FALSE(Switch::bring_all(all));
  EXPECT_TRUE(other.is_in_force(added));
  EXPECT_FALSE(engine_->is_in_force(ports_[0]));
  EXPECT_EQ(diary_, (Diary{"fake withdraws", "fake withdraws", "fake adopts", "fake adopts"}));
  EXPECT_FALSE(Switch::bring_all(all));
  EXPECT_EQ(diary_.size(), 4U) << "nothing is noted any more";
  EXPECT_NE(adopter_.picture(), before);
}

TEST_F(RefusedPicture, TotalsHaveWhatAnAdopterHasCounted) {
  EXPECT_EQ(engine_->totals(ports_[0]).in_octets, 7U);
  EXPECT_EQ(engine_->vlan_totals(10).in_frames, 10U);
}

TEST_F(RefusedPicture, EndOfASwitchIsTheEndOfItsPicture) {
  diary_.clear();
  engine_.reset();
  EXPECT_EQ(diary_, (Diary{"fake withdraws", "fake adopts"}));
  EXPECT_EQ(adopter_.picture(), nullptr);
}

}  // namespace adopters_test
}  // namespace tapswitch::test
