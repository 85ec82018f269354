// SPDX-License-Identifier: Apache-2.0
// Switch where the link of a port goes and comes, and where a port changes its VLANs: what is
// forgotten then, and what is not.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "switch/engine/switch.hpp"
#include "tests/engine/lan.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace switch_state_test {

class SwitchState : public testing::Test {
 protected:
  SwitchState() {
    for (PortIndex& port : ports_) {
      port = lan_.plug();
    }
  }

  // Lets a station be heard by a port, and takes off what its frame comes to elsewhere.
  void hear(std::size_t port, MacAddress station, VlanId vid = 1) {
    FrameBuilder heard = frame(station, everybody);
    if (vid != 1) {
      heard.tag({.vid = vid});
    }
    ASSERT_TRUE(lan_.cable(port).send(heard.build()));
    ASSERT_TRUE(wait_until([&] { return find(station, vid).has_value(); }));
    drain();
  }

  void drain() {
    lan_.settle();
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      while (lan_.cable(i).receive()) {
      }
    }
  }

  std::optional<PortIndex> find(MacAddress station, VlanId vid = 1) {
    return lan_.engine().fdb().find({vid, station}, std::chrono::steady_clock::now());
  }

  void set_link(std::size_t port, PortLink link) {
    lan_.engine().set_port_state(ports_[port], {.link = link});
  }

  void set_tree(std::size_t port, TreeState tree) {
    lan_.engine().set_port_state(ports_[port], {.tree = tree});
  }

  Lan lan_;
  std::array<PortIndex, 3> ports_{};
};

TEST_F(SwitchState, StationsOfAPortWithoutLinkAreForgottenAndTheirFramesFlood) {
  hear(1, bob);
  hear(2, carol);
  set_link(1, PortLink::no_carrier);
  EXPECT_EQ(find(bob), std::nullopt);
  EXPECT_EQ(find(carol), ports_[2]);
  const Bytes to_bob = frame(alice, bob).build();
  ASSERT_TRUE(lan_.cable(0).send(to_bob));
  EXPECT_EQ(lan_.cable(2).wait_for_frame(), to_bob) << "he may be there by now";
  ASSERT_TRUE(wait_until([&] { return lan_.drops(ports_[1], DropReason::link_down) == 1; }));
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
}

TEST_F(SwitchState, StaticEntryStaysAndItsFramesAreCounted) {
  ASSERT_TRUE(lan_.engine().fdb().add_static({1, bob}, ports_[1]));
  set_link(1, PortLink::no_carrier);
  EXPECT_EQ(find(bob), ports_[1]);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bob).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(ports_[1], DropReason::link_down) == 1; }));
  lan_.settle();
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
  EXPECT_EQ(lan_.cable(2).receive(), std::nullopt);
  set_link(1, PortLink::up);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bob).build()));
  EXPECT_TRUE(lan_.cable(1).wait_for_frame());
}

TEST_F(SwitchState, NothingIsLearnedOnAPortThatIsDown) {
  // A frame may have waited there.
  set_link(1, PortLink::down);
  ASSERT_TRUE(lan_.cable(1).send(frame(bob, everybody).build()));
  ASSERT_TRUE(lan_.cable(2).wait_for_frame());
  EXPECT_EQ(find(bob), std::nullopt);
}

TEST_F(SwitchState, PortThatIsDownFindsOutByItselfThatItIsUp) {
  hear(1, bob);
  set_link(1, PortLink::down);
  EXPECT_EQ(find(bob), std::nullopt);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan_.cable(1).wait_for_frame());
}

TEST_F(SwitchState, LinksOfAComposedChangeGoTogether) {
  hear(1, bob);
  lan_.engine().gather_states();
  set_link(1, PortLink::no_carrier);
  EXPECT_EQ(find(bob), ports_[1]);
  set_link(1, PortLink::up);
  lan_.engine().bring_states();
  EXPECT_EQ(find(bob), std::nullopt) << "whoever is there now, he has been unplugged";
}

TEST_F(SwitchState, PortThatDiscardsLetsNothingInAndNothingOut) {
  set_tree(1, TreeState::discarding);
  ASSERT_TRUE(lan_.cable(1).send(frame(bob, everybody).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(ports_[1], DropReason::stp_discarding) == 1; }));
  EXPECT_EQ(find(bob), std::nullopt);
  const Bytes flood = frame(alice, everybody).build();
  ASSERT_TRUE(lan_.cable(0).send(flood));
  EXPECT_EQ(lan_.cable(2).wait_for_frame(), flood);
  lan_.settle();
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
  EXPECT_EQ(lan_.cable(0).receive(), std::nullopt);
}

TEST_F(SwitchState, PortThatLearnsLearnsAndLetsNothingIn) {
  set_tree(1, TreeState::learning);
  ASSERT_TRUE(lan_.cable(1).send(frame(bob, everybody).build()));
  ASSERT_TRUE(wait_until([&] { return find(bob) == ports_[1]; }));
  lan_.settle();
  EXPECT_EQ(lan_.cable(0).receive(), std::nullopt);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bob).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(ports_[0], DropReason::stp_discarding) == 1; }));
  EXPECT_EQ(lan_.cable(1).receive(), std::nullopt);
  set_tree(1, TreeState::forwarding);
  EXPECT_EQ(find(bob), ports_[1]) << "that is what it learned for";
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, bob).build()));
  EXPECT_TRUE(lan_.cable(1).wait_for_frame());
}

TEST_F(SwitchState, StationsOfAPortThatIsToDiscardAreForgotten) {
  hear(1, bob);
  hear(2, carol);
  set_tree(1, TreeState::discarding);
  EXPECT_EQ(find(bob), std::nullopt);
  EXPECT_EQ(find(carol), ports_[2]);
}

TEST_F(SwitchState, FloodThatOnlyDiscardingPortsCouldTakeHasNoEgress) {
  set_tree(1, TreeState::discarding);
  set_tree(2, TreeState::discarding);
  ASSERT_TRUE(lan_.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(wait_until([&] { return lan_.drops(ports_[0], DropReason::no_egress) == 1; }));
}

TEST_F(SwitchState, FramesOfProtocolsPassAPortThatDiscards) {
  SwitchRule rule;
  rule.punts.reserved = 1;
  lan_.engine().set_rule(rule);
  set_tree(1, TreeState::discarding);
  const Bytes bpdu = frame(bob, MacAddress(0x0180'c200'0000)).build();
  ASSERT_TRUE(lan_.cable(1).send(bpdu));
  std::optional<PuntedFrame> punted;
  ASSERT_TRUE(wait_until([&] { return (punted = lan_.engine().take_punted()).has_value(); }));
  EXPECT_EQ(punted->port, ports_[1]);
  EXPECT_EQ(punted->bytes, bpdu);
  EXPECT_EQ(lan_.drops(ports_[1], DropReason::stp_discarding), 0U);
  ASSERT_TRUE(lan_.engine().send(ports_[1], bpdu));
  EXPECT_EQ(lan_.cable(1).wait_for_frame(), bpdu);
}

TEST_F(SwitchState, OnlyWhatWasLearnedInVlansThatWentIsForgotten) {
  for (const VlanId vid : std::array<VlanId, 3>{10, 20, 30}) {
    hear(1, bob, vid);
    hear(2, carol, vid);
  }
  PortRule rule = trunk();
  rule.vlan.allowed = *VlanSet::parse("10,30");
  lan_.engine().set_port_rule(ports_[1], rule);
  EXPECT_EQ(find(bob, 10), ports_[1]);
  EXPECT_EQ(find(bob, 20), std::nullopt);
  EXPECT_EQ(find(bob, 30), ports_[1]);
  EXPECT_EQ(find(carol, 20), ports_[2]);
  lan_.engine().set_port_rule(ports_[1], access(30));
  EXPECT_EQ(find(bob, 10), std::nullopt);
  EXPECT_EQ(find(bob, 30), ports_[1]);
}

TEST_F(SwitchState, StaticEntryIsWithoutEffectWhileItsVlanIsTakenOff) {
  ASSERT_TRUE(lan_.engine().fdb().add_static({20, bob}, ports_[1]));
  PortRule rule = trunk();
  rule.vlan.allowed = *VlanSet::parse("10");
  lan_.engine().set_port_rule(ports_[1], rule);
  const Bytes to_bob = frame(alice, bob).tag({.vid = 20}).build();
  ASSERT_TRUE(lan_.cable(0).send(to_bob));
  ASSERT_TRUE(
      wait_until([&] { return lan_.drops(ports_[0], DropReason::egress_vlan_not_allowed) == 1; }));
  EXPECT_EQ(lan_.cable(2).receive(), std::nullopt);
  lan_.engine().set_port_rule(ports_[1], trunk());
  ASSERT_TRUE(lan_.cable(0).send(to_bob));
  EXPECT_EQ(lan_.cable(1).wait_for_frame(), to_bob);
}

}  // namespace switch_state_test
}  // namespace tapswitch::test
