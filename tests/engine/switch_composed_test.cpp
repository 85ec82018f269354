// SPDX-License-Identifier: Apache-2.0
// Switch where several rules change as one.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
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
  lan.engine().commit();
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
  lan.engine().commit();
  EXPECT_EQ(lan.engine().port_state(right).mtu, 100U);
  ASSERT_TRUE(lan.cable(0).send(short_frame));
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
}

TEST(Switch, PortThatComesInAComposedChangeBringsTheRulesNotedBefore) {
  Lan lan;
  const PortIndex left = lan.plug(access(1));
  lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  lan.plug(access(2));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  EXPECT_TRUE(lan.cable(2).wait_for_frame());
  lan.engine().commit();
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
}

TEST(Switch, RulesNotedBeforeARefusedPortStillTakeEffect) {
  // A port whose descriptor the kernel does not let anybody watch a second time.
  Lan lan;
  const PortIndex left = lan.plug(access(1));
  lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().set_port_rule(left, access(2));
  SocketPortPair pair = make_socket_port();
  pair.port = std::make_unique<SocketPort>(UniqueFd(), std::nullopt);
  ASSERT_FALSE(lan.engine().add_port(std::move(pair.port), access(1)));
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  ASSERT_TRUE(lan.cable(1).wait_for_frame());
  lan.engine().commit();
  EXPECT_EQ(lan.engine().fdb().count_on(left), 0U);
  ASSERT_TRUE(lan.cable(0).send(frame(alice, everybody).build()));
  lan.settle();
  EXPECT_FALSE(lan.cable(1).receive());
}

TEST(Switch, PortThatGoesInAComposedChangeTakesItsNotedRuleAlong) {
  Lan lan;
  lan.plug(access(1));
  const PortIndex right = lan.plug(access(1));
  lan.engine().begin_change();
  lan.engine().set_port_rule(right, access(2));
  lan.engine().remove_port(right);
  SocketPortPair pair = make_socket_port();
  EXPECT_EQ(*lan.engine().add_port(std::move(pair.port), access(1)), right);
  lan.engine().commit();
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
    EXPECT_TRUE(pair.cable.wait_for_frame());
    quiet.learning = !quiet.learning;
    lan.engine().set_port_rule(left, quiet);
    lan.engine().set_port_rule(*index, access(2));
    lan.engine().remove_port(*index);
    lan.engine().set_port_rule(left, {});
    lan.engine().commit();
  }
  is_over = true;
  traffic.join();
}

}  // namespace switch_composed_test
}  // namespace tapswitch::test
