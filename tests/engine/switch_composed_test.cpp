// SPDX-License-Identifier: Apache-2.0
// Switch where several rules change as one.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "switch/engine/switch.hpp"
#include "tests/engine/lan.hpp"

namespace tapswitch::test {
namespace switch_composed_test {

TEST(Switch, RulesOfAComposedChangeTakeEffectTogether) {
  Lan lan;
  const PortIndex left = lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  const Snapshot* const before = &lan.engine().snapshot();
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  lan.engine().set_port_rule(right, access(2));
  EXPECT_EQ(&lan.engine().snapshot(), before);
  EXPECT_EQ(lan.engine().port_rule(left).vlan.pvid, 2);
  EXPECT_EQ(lan.engine().fdb().count_on(left), 1U);
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_NE(&lan.engine().snapshot(), before);
  EXPECT_EQ(lan.engine().fdb().count_on(left), 0U);
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  EXPECT_EQ(lan.engine().fdb().count_in(2), 1U);
}

TEST(Switch, StateTakesEffectAtOnceInAComposedChangeAndBringsNoRules) {
  Lan lan;
  const PortIndex left = lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  const Snapshot* const before = &lan.engine().snapshot();
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  lan.engine().set_port_state(right, {.mtu = 100});
  EXPECT_EQ(&lan.engine().snapshot(), before);
  EXPECT_EQ(lan.engine().port_state(right).mtu, 100U);
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).payload(101).build()));
  const auto short_frame = frame(alice, everybody).payload(100).build();
  ASSERT_TRUE(lan.cable(0).send(short_frame));
  EXPECT_EQ(lan.cable(1).wait_for_frame(), short_frame);
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_EQ(lan.engine().port_state(right).mtu, 100U);
  ASSERT_TRUE(lan.cable(0).send(short_frame));
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
}

TEST(Switch, PortsThatComeInAComposedChangeDoSoWithItsRules) {
  Lan lan(2);
  const PortIndex left = lan.plug(access(1));
  lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  const PortIndex third = lan.plug(access(2));
  lan.plug(access(2));
  ASSERT_TRUE(lan.cable(2).send(frame(carol, everybody).build()));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  lan.settle();
  EXPECT_FALSE(lan.cable(2).receive());
  EXPECT_FALSE(lan.engine().is_in_force(third));
  EXPECT_EQ(lan.engine().port_state(third).link, PortLink::up);
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_TRUE(lan.engine().is_in_force(third));
  EXPECT_TRUE(lan.cable(3).wait_for_frame()) << "what waited in the port";
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(2).wait_for_frame());
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
}

TEST(Switch, StateAndObserverOfAPortThatComesTakeEffectWithIt) {
  Lan lan;
  lan.plug(access(1));
  const Picture* const before = &lan.engine().picture();
  lan.engine().begin_change();
  const PortIndex added = lan.plug(access(1));
  lan.engine().set_port_state(added, {.mtu = 100});
  lan.engine().observe(added, nullptr);
  EXPECT_EQ(&lan.engine().picture(), before);
  lan.engine().set_port_state(PortIndex{0}, {.mtu = 200});
  EXPECT_FALSE(lan.engine().picture().has(added)) << "a state brings no port";
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_EQ(lan.engine().picture().slot(added).state.mtu, 100U);
}

TEST(Switch, PortThatComesAndGoesInAComposedChangeTakesNoPicture) {
  Lan lan;
  lan.plug(access(1));
  const Picture* const before = &lan.engine().picture();
  lan.engine().begin_change();
  const PortIndex added = lan.plug(access(1));
  EXPECT_TRUE(lan.engine().remove_port(added));
  EXPECT_EQ(lan.plug(access(1)), added);
  EXPECT_TRUE(lan.engine().remove_port(added));
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_EQ(&lan.engine().picture(), before);
}

TEST(Switch, RefusedPortLeavesAllThatIsNotedForTheNextChange) {
  // A port whose descriptor the kernel does not let anybody watch.
  Lan lan(2);
  const PortIndex left = lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  const PortIndex third = lan.plug(access(1));
  const Picture* const before = &lan.engine().picture();
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  lan.engine().dismiss_port(third);
  const PortIndex good = lan.plug(access(2));
  const auto bad =
      lan.engine().add_port(std::make_unique<SocketPort>(UniqueFd(), std::nullopt), access(1));
  ASSERT_TRUE(bad);
  Switch* const engine = &lan.engine();
  const auto refusal = Switch::bring_all(std::span(&engine, 1));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->home, engine);
  EXPECT_EQ(refusal->port, *bad);
  EXPECT_EQ(&lan.engine().picture(), before);
  ASSERT_TRUE(lan.cable(2).send(frame(carol, everybody).build()));
  EXPECT_TRUE(lan.cable(0).wait_for_frame()) << "who was to go is heard again";
  ASSERT_TRUE(lan.cable(3).send(frame(bob, everybody).build()));
  lan.settle();
  EXPECT_EQ(lan.engine().fdb().count_on(good), 0U);
  EXPECT_TRUE(lan.engine().remove_port(*bad));
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_FALSE(lan.engine().is_in_force(third));
  EXPECT_EQ(lan.engine().snapshot().port(left).pvid(), 2);
  EXPECT_TRUE(lan.cable(0).wait_for_frame());
  EXPECT_EQ(lan.engine().fdb().count_on(good), 1U);
  EXPECT_TRUE(lan.engine().is_in_force(right));
}

TEST(Switch, DismissedPortStaysUntilTheCommitAndIsRemovedWithoutAPicture) {
  Lan lan(2);
  lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  ASSERT_TRUE(lan.cable(1).send(frame(bob, everybody).build()));
  ASSERT_TRUE(lan.cable(0).wait_for_frame());
  lan.engine().begin_change();
  lan.engine().dismiss_port(right);
  ASSERT_TRUE(lan.cable(1).send(frame(bob, everybody).build()));
  EXPECT_TRUE(lan.cable(0).wait_for_frame());
  lan.engine().set_port_state(right, {.mtu = 300});
  EXPECT_TRUE(lan.engine().is_in_force(right)) << "a state takes no port away";
  ASSERT_TRUE(lan.engine().commit());
  const Picture* const after = &lan.engine().picture();
  EXPECT_FALSE(lan.engine().is_in_force(right));
  EXPECT_EQ(lan.engine().fdb().count_on(right), 0U);
  ASSERT_TRUE(lan.cable(1).send(frame(bob, everybody).build()));
  lan.settle();
  EXPECT_FALSE(lan.cable(0).receive());
  EXPECT_EQ(lan.engine().totals(right).in_octets, 2U * 60U);
  EXPECT_TRUE(lan.engine().remove_port(right));
  EXPECT_EQ(&lan.engine().picture(), after);
}

TEST(Switch, KeptPortHasItsStationsAndCounters) {
  Lan lan;
  const PortIndex left = lan.plug(access(1));
  lan.plug(access(1));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  lan.engine().begin_change();
  lan.engine().dismiss_port(left);
  ASSERT_TRUE(lan.engine().keep_port(left));
  ASSERT_TRUE(lan.engine().commit());
  EXPECT_TRUE(lan.engine().is_in_force(left));
  EXPECT_EQ(lan.engine().fdb().count_on(left), 1U);
  EXPECT_EQ(lan.engine().totals(left).in_octets, 60U);
}

TEST(Switch, PortThatIsKeptWhenItIsGoneComesAnew) {
  Lan lan(2);
  const PortIndex left = lan.plug(access(1));
  lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().dismiss_port(left);
  ASSERT_TRUE(lan.engine().commit());
  ASSERT_TRUE(lan.engine().keep_port(left));
  EXPECT_TRUE(lan.engine().is_in_force(left));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(1).wait_for_frame());
}

TEST(Switch, PortThatGoesInAComposedChangeTakesItsNotedRuleAlong) {
  Lan lan;
  lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().set_port_rule(right, access(2));
  lan.engine().remove_port(right);
  EXPECT_FALSE(lan.engine().has_noted_rules()) << "the picture without it has them";
  SocketPortPair pair = make_socket_port();
  EXPECT_EQ(*lan.engine().add_port(std::move(pair.port), access(1)), right);
  ASSERT_TRUE(lan.engine().commit());
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(pair.cable.wait_for_frame());
}

TEST(Switch, PortsComeAndGoUnderTrafficInComposedChanges) {
  Lan lan(2);
  const PortIndex left = lan.plug();
  lan.plug();
  std::atomic<bool> is_over = false;
  std::thread traffic([&] {
    while (!is_over) {
      lan.cable(0).send(frame(alice, everybody).build());
      while (lan.cable(1).receive()) {
      }
    }
  });
  PortRule quiet;
  for (int i = 0; i < 100; ++i) {
    lan.engine().begin_change();
    SocketPortPair pair = make_socket_port();
    const auto index = lan.engine().add_port(std::move(pair.port), access(1));
    ASSERT_TRUE(index);
    quiet.learning = !quiet.learning;
    lan.engine().set_port_rule(left, quiet);
    ASSERT_TRUE(lan.engine().commit());
    EXPECT_TRUE(pair.cable.wait_for_frame());
    lan.engine().begin_change();
    lan.engine().set_port_rule(*index, access(2));
    lan.engine().dismiss_port(*index);
    lan.engine().set_port_rule(left, {});
    ASSERT_TRUE(lan.engine().commit());
    EXPECT_TRUE(lan.engine().remove_port(*index));
  }
  is_over = true;
  traffic.join();
}

}  // namespace switch_composed_test
}  // namespace tapswitch::test
