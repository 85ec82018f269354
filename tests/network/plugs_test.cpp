// SPDX-License-Identifier: Apache-2.0
#include "control/network/plugs.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "tests/network/link_stage.hpp"

namespace tapswitch::test {
namespace plugs_test {

using network::OpenedPort;
using network::RunningPort;
using network::RunningSwitch;
using Told = std::vector<std::string>;

class PlugsTest : public LinkStage {
 protected:
  // A port of a kind that has no plug.
  RunningPort& add_patch(const std::string& name, const std::string& peer) {
    RunningPort& port = add_port(home_, name);
    port.spec.far_end = config::PatchSpec{.peer = peer};
    return port;
  }

  RunningSwitch& home_ = add_switch("sw0");
  Told opened_;
  Told replaced_;
  network::Plugs plugs_{
      {.inventory = inventory_, .links = links_, .announcer = announcer_},
      [this](const RunningSwitch&, const config::PortSpec& spec) {
        opened_.push_back(spec.name);
        return OpenedPort{.port = std::make_unique<ScriptedPort>()};
      },
      [this](RunningPort& port, OpenedPort) { replaced_.push_back(port.spec.name); }};
};

TEST_F(PlugsTest, KindWithAPlugStaysOpenAndTakesTheCarrier) {
  RunningPort& a = add_port(home_, "a");
  plugs_.set(a, false);
  EXPECT_FALSE(a.spec.has_carrier);
  EXPECT_FALSE(plugs_of(a).front());
  EXPECT_EQ(replaced_, Told{});
  EXPECT_EQ(home_.engine->port_state(a.index).link, PortLink::unplugged);
  plugs_.set(a, true);
  EXPECT_TRUE(plugs_of(a).back());
  EXPECT_EQ(home_.engine->port_state(a.index).link, PortLink::up);
}

TEST_F(PlugsTest, KindWithoutAPlugIsClosedAndOpenedAnew) {
  RunningPort& a = add_patch("a", "b");
  plugs_.set(a, false);
  EXPECT_EQ(replaced_, Told{"a"});
  EXPECT_EQ(opened_, Told{}) << "what stands in its place is not opened";
  plugs_.set(a, true);
  EXPECT_EQ(replaced_, (Told{"a", "a"}));
  EXPECT_EQ(opened_, Told{"a"});
}

TEST_F(PlugsTest, OtherEndOfAPatchIsLookedAt) {
  RunningPort& a = add_patch("a", "b");
  RunningPort& b = add_patch("b", "a");
  status_of(b).has_carrier = false;
  plugs_.set(a, false);
  EXPECT_FALSE(b.seen.has_carrier);
}

TEST_F(PlugsTest, PortThatIsLostIsUnpluggedWhenItIsOpenedAnew) {
  RunningPort& a = add_port(home_, "a");
  become(a, {});
  plugs_.set(a, false);
  EXPECT_FALSE(a.spec.has_carrier);
  EXPECT_EQ(plugs_of(a), std::vector<bool>{});
}

TEST_F(PlugsTest, ChangeThatIsTakenBackPlugsItInAgain) {
  RunningPort& a = add_port(home_, "a");
  plugs_.set(a, false);
  plugs_.take_back(a);
  EXPECT_TRUE(a.spec.has_carrier);
  EXPECT_TRUE(plugs_of(a).back());
}

TEST_F(PlugsTest, PortThatIsToBeUnpluggedFromTheBeginningIsNotOpened) {
  config::PortSpec spec;
  spec.name = "a";
  spec.far_end = config::PatchSpec{.peer = "b"};
  spec.has_carrier = false;
  const OpenedPort opened = plugs_.open(home_, spec);
  EXPECT_EQ(opened_, Told{});
  EXPECT_EQ(opened.port->queue_count(), 0U);
  EXPECT_TRUE(opened.port->link().is_up);
  EXPECT_FALSE(opened.port->link().has_carrier);
}

}  // namespace plugs_test
}  // namespace tapswitch::test
