// SPDX-License-Identifier: Apache-2.0
#include "control/network/reopening.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "control/network/conditioning.hpp"
#include "tests/network/link_stage.hpp"

namespace tapswitch::test {
namespace reopening_test {

using events::Topic;
using network::OpenedPort;
using network::Reopening;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;

constexpr TimePoint start = TimePoint() + std::chrono::seconds(1000);

class ReopeningTest : public LinkStage {
 protected:
  // A port that was lost, and is to be opened anew.
  RunningPort& add_lost(const std::string& name) {
    RunningPort& port = add_port(home_, name);
    std::get<config::TapSpec>(port.spec.far_end).reopen = true;
    become(port, {});
    return port;
  }

  OpenedPort open(const std::string& name) {
    tried_.push_back(name);
    if (!refusal_.empty()) {
      throw std::runtime_error(refusal_);
    }
    return {.port = std::make_unique<ScriptedPort>(), .end = std::make_unique<ScriptedEnd>()};
  }

  RunningSwitch& home_ = add_switch("sw0");
  std::string refusal_;
  Told tried_;
  network::Conditioning conditioning_{inventory_, [](const RunningPort&) {}};
  Reopening reopening_{
      {.inventory = inventory_, .links = links_, .wires = wires_, .announcer = announcer_},
      [this](const RunningSwitch&, const config::PortSpec& spec) { return open(spec.name); },
      [this](RunningPort& port, OpenedPort& opened) {
        conditioning_.replace(port, opened.port);
        port.end = std::move(opened.end);
      }};
};

TEST_F(ReopeningTest, LostPortIsOpenedAnewAndIsUp) {
  RunningPort& a = add_lost("a");
  const Port* const before = a.port;
  subscribe({Topic::ports});
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_FALSE(a.is_lost);
  EXPECT_NE(a.port, before);
  EXPECT_EQ(a.port, &home_.engine->port(a.index));
  EXPECT_EQ(heard(), Told{"port up a"});
}

TEST_F(ReopeningTest, PortThatIsNotLostOrNotToBeOpenedAnewIsLeftAlone) {
  add_port(home_, "a");
  std::get<config::TapSpec>(add_lost("b").spec.far_end).reopen = false;
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_EQ(tried_, Told{});
}

TEST_F(ReopeningTest, EachIsTriedOnceASecondAndItsRefusalToldOnce) {
  RunningPort& a = add_lost("a");
  refusal_ = "there is no such interface";
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_FALSE(reopening_.reopen_some(start + std::chrono::milliseconds(999)));
  EXPECT_EQ(tried_.size(), 1U);
  EXPECT_FALSE(reopening_.reopen_some(start + Reopening::interval));
  EXPECT_EQ(tried_.size(), 2U);
  EXPECT_TRUE(a.is_lost);
  EXPECT_EQ(notices(), Told{"port a cannot be opened anew yet: there is no such interface"});
  refusal_ = "it is busy";
  EXPECT_FALSE(reopening_.reopen_some(start + 2 * Reopening::interval));
  EXPECT_EQ(notices(), Told{"port a cannot be opened anew yet: it is busy"});
}

TEST_F(ReopeningTest, PortThatWasNeverThereIsOpenedWhateverItsUserSaysOfReopening) {
  RunningPort& a = add_lost("a");
  std::get<config::TapSpec>(a.spec.far_end).reopen = false;
  a.is_awaited = true;
  a.refusal = refusal_ = "there is no such namespace";
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_EQ(notices(), Told{}) << "it was told already";
  refusal_ = "it is busy";
  EXPECT_FALSE(reopening_.reopen_some(start + Reopening::interval));
  EXPECT_EQ(notices(), Told{"port a cannot be opened yet: it is busy"});
  EXPECT_EQ(a.refusal, "it is busy");
  refusal_.clear();
  EXPECT_FALSE(reopening_.reopen_some(start + 2 * Reopening::interval));
  EXPECT_FALSE(a.is_lost);
  EXPECT_EQ(a.refusal, "");
  // When its device goes it is as any other.
  become(a, {});
  EXPECT_EQ(a.refusal, "its device is gone");
  EXPECT_FALSE(reopening_.reopen_some(start + 3 * Reopening::interval));
  EXPECT_TRUE(a.is_lost);
}

TEST_F(ReopeningTest, OtherPortOfTheSameNameIsTriedAtOnce) {
  RunningPort& a = add_lost("a");
  refusal_ = "there is no such interface";
  EXPECT_FALSE(reopening_.reopen_some(start));
  reopening_.forget("a");
  a.refusal.clear();
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_EQ(tried_.size(), 2U);
  EXPECT_EQ(notices().size(), 2U);
}

TEST_F(ReopeningTest, ManyAreOpenedInSeveralTurns) {
  for (int i = 0; i < 10; ++i) {
    add_lost("p" + std::to_string(i));
  }
  EXPECT_TRUE(reopening_.reopen_some(start));
  EXPECT_EQ(tried_.size(), Reopening::most_at_once);
  EXPECT_TRUE(reopening_.reopen_some(start));
  EXPECT_FALSE(reopening_.reopen_some(start));
  EXPECT_EQ(tried_.size(), 10U);
}

TEST_F(ReopeningTest, PortThatIsToBeUnpluggedIsUnpluggedBeforeItIsSeen) {
  RunningPort& a = add_lost("a");
  a.spec.has_carrier = false;
  EXPECT_FALSE(reopening_.reopen_some(start));
  ASSERT_FALSE(plugs_of(a).empty());
  EXPECT_FALSE(plugs_of(a).front());
  EXPECT_EQ(a.state(a.seen), "no_carrier");
}

}  // namespace reopening_test
}  // namespace tapswitch::test
