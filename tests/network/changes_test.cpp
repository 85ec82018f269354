// SPDX-License-Identifier: Apache-2.0
#include "control/network/changes.hpp"

#include <gtest/gtest.h>

#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace changes_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;

class ChangesTest : public Stage {
 protected:
  void set_rule(RunningPort& port, PortRule rule) {
    changes_.keep_rule(port);
    port.spec.rule = rule;
    port.home->engine->set_port_rule(port.index, rule);
    changes_.tell(port);
    changes_.on_configured();
  }

  network::Changes changes_{inventory_, announcer_};
};

TEST_F(ChangesTest, EachChangeIsCountedAndTold) {
  subscribe({Topic::configuration});
  changes_.on_configured();
  changes_.on_configured();
  EXPECT_EQ(changes_.revision(), 2U);
  EXPECT_EQ(heard(), (Told{"config changed 1", "config changed 2"}));
}

TEST_F(ChangesTest, OtherRevisionThanExpectedIsAConflict) {
  changes_.on_configured();
  EXPECT_NO_THROW(changes_.check_revision(1));
  EXPECT_NO_THROW(changes_.check_revision({}));
  EXPECT_THROW(changes_.check_revision(0), rpc::Error);
  EXPECT_THROW(changes_.check_revision(-1), rpc::Error);
}

TEST_F(ChangesTest, ComposedChangeIsSeenFromBeforeUntilItsEnd) {
  RunningSwitch& home = add_switch("sw0");
  RunningPort& port = add_port(home, "a");
  changes_.on_configured();
  subscribe({Topic::configuration, Topic::ports});
  changes_.begin();
  add_port(home, "b");
  changes_.on_configured();
  set_rule(port, {.isolated = true});

  EXPECT_TRUE(changes_.is_composed());
  EXPECT_EQ(changes_.revision(), 1U);
  EXPECT_EQ(changes_.configuration().switches.at("sw0").ports.size(), 1U);
  EXPECT_FALSE(port.rule().isolated);
  EXPECT_EQ(heard(), Told{});

  changes_.commit();
  EXPECT_TRUE(port.rule().isolated);
  EXPECT_TRUE(changes_.end(2));
  EXPECT_FALSE(changes_.tell_some());
  EXPECT_EQ(heard(), Told{"port changed a"});
  EXPECT_EQ(changes_.revision(), 2U);
  EXPECT_EQ(changes_.configuration().switches.at("sw0").ports.size(), 2U);
}

TEST_F(ChangesTest, EndWithTheRevisionFromBeforeIsNoOther) {
  changes_.begin();
  changes_.on_configured();
  EXPECT_FALSE(changes_.end(0));
  EXPECT_EQ(changes_.revision(), 0U);
  EXPECT_TRUE(changes_.end(0)) << "no change was under way";
}

TEST_F(ChangesTest, SwitchThatIsAddedMeanwhileTakesPart) {
  changes_.begin();
  RunningSwitch& home = add_switch("sw0");
  changes_.include(home);
  RunningPort& port = add_port(home, "a");
  set_rule(port, {.isolated = true});
  EXPECT_TRUE(home.engine->has_noted_rules());
  EXPECT_TRUE(changes_.end(1));
  EXPECT_FALSE(home.engine->has_noted_rules());
}

TEST_F(ChangesTest, ManyAreToldInSeveralTurnsAndThoseThatAreGoneNot) {
  RunningSwitch& home = add_switch("sw0");
  for (int i = 0; i < 20; ++i) {
    add_port(home, "p" + std::to_string(i));
  }
  subscribe({Topic::ports});
  changes_.begin();
  for (auto& [name, port] : inventory_.ports()) {
    set_rule(port, {.isolated = true});
    set_rule(port, {.isolated = false});  // each is kept once
  }
  changes_.commit();
  const PortIndex gone = inventory_.find_port("p19").index;
  home.port_names.erase(gone);
  inventory_.ports().erase("p19");
  EXPECT_TRUE(changes_.tell_some());
  EXPECT_EQ(heard().size(), 15U);  // of 16, for p19 comes early by its name
  EXPECT_FALSE(changes_.tell_some());
  EXPECT_EQ(heard().size(), 4U);
}

}  // namespace changes_test
}  // namespace tapswitch::test
