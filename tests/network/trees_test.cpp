// SPDX-License-Identifier: Apache-2.0
#include "control/network/trees.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include "control/network/describe_tree.hpp"
#include "control/network/punts.hpp"
#include "tests/network/link_stage.hpp"

namespace tapswitch::test {
namespace trees_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using protocols::PortNumber;
using testing::Contains;

class TreesTest : public LinkStage {
 protected:
  TreesTest() {
    home_.spec.stp.is_on = true;
    home_.engine->set_rule(network::rule_in_switch(home_.spec));
    edge_.spec.stp.admin_edge = true;
  }

  // Has the timer ring for what was told.
  void act() {
    pollfd timer{.fd = trees_.timer(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&timer, 1, 5'000), 1);
    trees_.on_timer();
  }

  [[nodiscard]] TreeState state_of(const RunningPort& port) const {
    return home_.engine->port_state(port.index).tree;
  }

  RunningSwitch& home_ = add_switch("sw0");
  RunningPort& edge_ = add_port(home_, "edge");
  RunningPort& other_ = add_port(home_, "other");
};

TEST_F(TreesTest, PortsDiscardUntilTheyAreEdges) {
  subscribe({Topic::trees});
  trees_.follow(home_);
  EXPECT_EQ(state_of(edge_), TreeState::discarding);
  act();
  EXPECT_EQ(state_of(edge_), TreeState::forwarding);
  EXPECT_EQ(state_of(other_), TreeState::discarding);
  EXPECT_THAT(heard(), Contains("stp state edge"));
  const Json told = network::describe_tree(home_, trees_.find(home_), TimePoint{});
  EXPECT_EQ(told["ports"][0]["state"], "forwarding");
  EXPECT_EQ(told["root"]["port"], nullptr);
}

TEST_F(TreesTest, LinkThatGoesIsActedUpon) {
  trees_.follow(home_);
  act();
  LinkStatus down = status_of(edge_);
  down.has_carrier = false;
  become(edge_, down);
  act();
  EXPECT_EQ(state_of(edge_), TreeState::discarding);
  EXPECT_EQ(trees_.find(home_)->find(PortNumber(1))->role, protocols::RstpRole::disabled);
  down.has_carrier = true;
  become(edge_, down);
  act();
  EXPECT_EQ(state_of(edge_), TreeState::forwarding);
}

TEST_F(TreesTest, TreeThatEndsHasAllForward) {
  trees_.follow(home_);
  act();
  home_.spec.stp.is_on = false;
  trees_.follow(home_);
  EXPECT_EQ(state_of(edge_), TreeState::forwarding);
  EXPECT_EQ(state_of(other_), TreeState::forwarding);
  EXPECT_EQ(trees_.find(home_), nullptr);
}

TEST_F(TreesTest, DestinationOfAMirrorTakesNoPart) {
  home_.spec.mirrors["m"] = {.name = "m", .to_port = "edge"};
  trees_.follow(home_);
  act();
  EXPECT_EQ(state_of(edge_), TreeState::discarding);
  home_.spec.mirrors.clear();
  trees_.follow_ports(home_);
  act();
  EXPECT_EQ(state_of(edge_), TreeState::forwarding);
}

TEST_F(TreesTest, PortThatIsForgottenIsInNoTree) {
  trees_.follow(home_);
  act();
  trees_.forget(edge_);
  EXPECT_EQ(trees_.find(home_)->find(PortNumber(1)), nullptr);
}

TEST_F(TreesTest, AddressStaysUnlessItIsSaid) {
  trees_.follow(home_);
  const MacAddress made = trees_.find(home_)->id().address();
  EXPECT_FALSE(made.is_group());
  home_.spec.stp.settings.priority = 4'096;
  trees_.follow(home_);
  EXPECT_EQ(trees_.find(home_)->id(), protocols::BridgeId::of(4'096, made));
  home_.spec.stp.address = MacAddress(0x0200'0000'0042);
  trees_.follow(home_);
  EXPECT_EQ(trees_.find(home_)->id().address(), MacAddress(0x0200'0000'0042));
}

TEST_F(TreesTest, RuleOfASwitchWithATreePuntsBpdusAndCarriesNone) {
  config::SwitchSpec spec;
  spec.rule.forwarded_reserved = 0xffff;
  EXPECT_EQ(network::rule_in_switch(spec), spec.rule);
  spec.stp.is_on = true;
  EXPECT_EQ(network::rule_in_switch(spec).punts.reserved, 1);
  EXPECT_EQ(network::rule_in_switch(spec).forwarded_reserved, 0xfffe);
}

TEST(PortNumbersInATree, AreThoseThatTheProtocolHas) {
  EXPECT_EQ(network::Trees::number_of(static_cast<PortIndex>(0)), PortNumber(1));
  EXPECT_EQ(network::Trees::number_of(static_cast<PortIndex>(4'094)), PortNumber(4'095));
  EXPECT_EQ(network::Trees::number_of(static_cast<PortIndex>(4'095)), std::nullopt);
}

}  // namespace trees_test
}  // namespace tapswitch::test
