// SPDX-License-Identifier: Apache-2.0
// A port does much by itself: it is guarded and filtered, tells others of changes, and speaks in
// time.
#include <gtest/gtest.h>

#include <string>

#include "control/protocols/rstp_bridge.hpp"
#include "tests/protocols/tree_lab.hpp"

namespace tapswitch::test {
namespace {

using protocols::RstpOutcome;
using protocols::RstpState;
using namespace std::chrono_literals;

TEST(Rstp, GuardedPortKeepsABetterRootOff) {
  hold(R"(
    switch a 8192
    switch b 4096
    port a1 root_guard
    lan x: a1 b1
    run 10 s
    check a root
    check a1 alternate discarding
    kill b
    run 10 s
    check a1 designated forwarding
  )");
}

TEST(Rstp, GuardedPortIsShutByABpduUntilItsLinkComesAnew) {
  hold(R"(
    switch a 8192
    switch b 4096
    port a1 bpdu_guard
    port a1 edge
    lan x: a1 b1
    run 10 s
    check a1 disabled discarding
    kill b
    run 60 s
    check a1 disabled discarding
    cut x
    mend x
    run 10 ms
    check a1 designated forwarding
  )");
}

TEST(Rstp, FilteredPortSpeaksOfNothing) {
  TreeLab lab;
  lab.add_bridge('a', {});
  lab.say("port a1 bpdu_filter");
  lab.add_lan("x", {"a1"});
  lab.run(10s);
  EXPECT_EQ(lab.frames(), 0U);
  lab.say("check a1 forwarding");
}

TEST(Rstp, RingOfFilteredPortsIsNoticedHere) {
  TreeLab lab;
  lab.say(R"(
    switch a 4096
    switch b 8192
    port a1 bpdu_filter
    port b1 bpdu_filter
    port a2 bpdu_filter
    port b2 bpdu_filter
    lan x: a1 b1
    lan y: a2 b2
    run 1 s
  )");
  EXPECT_GT(lab.rings(), 0U) << "no other test would fail without";
  EXPECT_NE(lab.fault_of_tree(), "");
}

TEST(Rstp, ChangeFlushesThePortsOfOthersAlone) {
  TreeLab lab;
  lab.say(triangle);
  lab.say("run 10 s");
  const auto before_a1 = lab.flushes_of("a1");
  const auto before_a2 = lab.flushes_of("a2");
  lab.say("cut bc\n run 1 s");  // nothing is lost by it: c1 was blocked
  EXPECT_EQ(lab.flushes_of("a1"), before_a1);
  lab.say("mend bc\n run 4 s\n cut ca\n run 1 s");
  // The change is heard of by a1, and concerns what is behind a2, which is cut.
  EXPECT_EQ(lab.flushes_of("a1"), before_a1);
  EXPECT_GE(lab.flushes_of("b1"), 1U);
  EXPECT_GE(lab.flushes_of("a2") + 1, before_a2);
}

TEST(Rstp, EdgesAreNoChange) {
  TreeLab lab;
  lab.say(triangle);
  lab.say("port a9 edge\n lan x: a9\n run 10 s");
  const auto before = lab.bridge('a').topology_changes();
  lab.say("cut x\n run 1 s\n mend x\n run 10 s");
  EXPECT_EQ(lab.bridge('a').topology_changes(), before);
}

TEST(Rstp, HellosLeaveEachTwoSeconds) {
  TreeLab lab;
  lab.say("switch a 4096\n lan x: a1\n run 20 s");
  const auto before = lab.frames();
  lab.run(20s);
  EXPECT_EQ(lab.frames() - before, 10U);
}

TEST(Rstp, HellosOfManyPortsAreSpread) {
  TreeLab lab;
  lab.add_bridge('a', {});
  for (int number = 1; number <= 160; ++number) {
    lab.add_lan("lan" + std::to_string(number), {"a" + std::to_string(number)});
  }
  lab.run(20s);
  const auto before = lab.frames();
  lab.run(125ms);
  EXPECT_LE(lab.frames() - before, 20U);
  lab.run(1'875ms);
  EXPECT_EQ(lab.frames() - before, 160U);
}

TEST(Rstp, NoMoreLeaveThanTheHoldCountAllows) {
  protocols::RstpBridge bridge({.hold_count = 3}, MacAddress(0x0200'0000'0001));
  TimePoint now(1h);
  std::size_t sent = 0;
  bridge.add(PortNumber(1), {}, {.is_up = true}, now);
  for (int round = 0; round < 20; ++round) {
    bridge.set({.priority = static_cast<std::uint16_t>(4'096 * (round % 8)), .hold_count = 3}, now);
    sent += bridge.take_outcome().frames.size();
    now += 10ms;
  }
  EXPECT_EQ(sent, 3U);
}

TEST(Rstp, WhatIsNoBpduIsCounted) {
  protocols::RstpBridge bridge({}, MacAddress(0x0200'0000'0001));
  const TimePoint now(1h);
  bridge.add(PortNumber(1), {}, {.is_up = true}, now);
  const std::byte frame[60] = {};
  bridge.on_frame(PortNumber(1), frame, now);
  bridge.on_frame(PortNumber(2), frame, now);
  EXPECT_EQ(bridge.find(PortNumber(1))->invalid, 1U);
}

TEST(Rstp, IdleBridgeWithoutPortsWaitsForNothing) {
  protocols::RstpBridge bridge({}, MacAddress(0x0200'0000'0001));
  EXPECT_FALSE(bridge.next_tick());
  bridge.add(PortNumber(1), {}, {.is_up = false}, TimePoint(1h));
  EXPECT_FALSE(bridge.next_tick());
}

}  // namespace
}  // namespace tapswitch::test
