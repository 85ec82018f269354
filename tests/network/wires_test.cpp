// SPDX-License-Identifier: Apache-2.0
#include "control/network/wires.hpp"

#include <gtest/gtest.h>

#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace wires_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;
using Plugs = std::vector<bool>;

class WiresTest : public Stage {
 protected:
  network::Changes changes_{inventory_, announcer_};
  network::Wires wires_{inventory_, changes_, announcer_};
  RunningSwitch& wire_ = add_switch("w0", true);
};

TEST_F(WiresTest, EndThatIsAloneHasNoCarrierUntilTheOtherComes) {
  RunningPort& a = add_port(wire_, "a");
  subscribe({Topic::ports});
  wires_.follow(wire_);
  EXPECT_TRUE(a.is_held);
  EXPECT_EQ(a.state(a.seen), "no_carrier");
  EXPECT_EQ(wire_.engine->port_state(a.index).link, PortLink::unplugged);
  add_port(wire_, "b");
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
  EXPECT_EQ(plugs_of(a), (Plugs{false, true}));
  EXPECT_EQ(heard(), (Told{"port down a", "port up a"}));
}

TEST_F(WiresTest, OtherEndFollowsOneThatGoesDown) {
  RunningPort& a = add_port(wire_, "a");
  RunningPort& b = add_port(wire_, "b");
  a.seen.is_up = false;
  wires_.follow(wire_);
  EXPECT_TRUE(b.is_held);
  EXPECT_FALSE(a.is_held) << "somebody is at the other end, who is only held";
  wires_.follow(wire_);
  EXPECT_EQ(plugs_of(b), Plugs{false}) << "it is held already";
}

TEST_F(WiresTest, EndsOfASwitchDoNotFollow) {
  RunningSwitch& home = add_switch("sw0");
  RunningPort& a = add_port(home, "a");
  wires_.follow(home);
  EXPECT_FALSE(a.is_held);
  EXPECT_EQ(plugs_of(a), Plugs{});
}

TEST_F(WiresTest, WireThatHasThreeEndsOrIsNoneAnyMoreHoldsNobody) {
  RunningPort& a = add_port(wire_, "a");
  wires_.follow(wire_);
  ASSERT_TRUE(a.is_held);
  wire_.spec.is_wire = false;
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
  wire_.spec.is_wire = true;
  RunningPort& b = add_port(wire_, "b");
  add_port(wire_, "c");
  b.seen.is_up = false;
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
}

TEST_F(WiresTest, NothingFollowsInAComposedChangeAndAllDoesAfterIt) {
  changes_.begin();
  RunningPort& a = add_port(wire_, "a");
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
  EXPECT_TRUE(changes_.end(1));
  wires_.follow_all();
  EXPECT_TRUE(a.is_held);
}

TEST_F(WiresTest, PortThatIsLostOrUnpluggedIsNotHeld) {
  RunningPort& a = add_port(wire_, "a");
  a.is_lost = true;
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
  a.is_lost = false;
  a.spec.has_carrier = false;
  wires_.follow(wire_);
  EXPECT_FALSE(a.is_held);
  EXPECT_EQ(plugs_of(a), Plugs{});
}

}  // namespace wires_test
}  // namespace tapswitch::test
