// SPDX-License-Identifier: Apache-2.0
// Storm control drops what is beyond the limit of its class, and touches nothing else.
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "tests/engine/lan.hpp"
#include "tests/support/super_frame.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace storm_control_test {

using Unit = StormLimit::Unit;
using Drops = std::array<std::uint64_t, flood_kind_count>;

constexpr MacAddress group{0x0100'5e00'0001};
constexpr MacAddress lldp{0x0180'c200'000e};

// One frame in a quarter of an hour, so that no test has to do with time.
constexpr StormLimit few(std::uint64_t burst) {
  return {.unit = Unit::frames, .rate = 1e-3, .burst = burst};
}

PortRule limited(FloodKind kind, const StormLimit& limit) {
  PortRule rule;
  rule.storm.of(kind) = limit;
  return rule;
}

Bytes to(MacAddress destination) { return frame(alice, destination).build(); }

std::size_t count_heard(Cable& cable) {
  std::size_t count = 0;
  while (cable.receive()) {
    ++count;
  }
  return count;
}

class StormControlTest : public testing::Test {
 protected:
  PortIndex plug_limited(FloodKind kind, const StormLimit& limit) {
    const PortIndex port = lan_.plug(limited(kind, limit));
    lan_.plug();
    return port;
  }

  // Has the switch receive a frame by the first cable, so many times, and be done with it. Returns
  // how many came out by the second.
  std::size_t send(const Bytes& frame, std::size_t times) {
    const auto port = static_cast<PortIndex>(0);
    const auto received = [&] { return lan_.engine().totals(port).in_octets; };
    for (std::size_t i = 0; i < times; ++i) {
      const auto before = received();
      EXPECT_TRUE(lan_.cable(0).send(frame));
      EXPECT_TRUE(wait_until([&] { return received() >= before + frame.size(); }));
    }
    lan_.settle();
    return count_heard(lan_.cable(1));
  }

  [[nodiscard]] std::uint64_t dropped() const {
    return lan_.drops(static_cast<PortIndex>(0), DropReason::storm_control);
  }

  Lan lan_;
};

TEST_F(StormControlTest, FramesBeyondTheLimitAreDroppedAndCounted) {
  const PortIndex port = plug_limited(FloodKind::broadcast, few(3));
  EXPECT_EQ(send(to(everybody), 5), 3U);
  EXPECT_EQ(dropped(), 2U);
  const PortTotals totals = lan_.engine().totals(port);
  EXPECT_EQ(totals.in_frames[static_cast<std::size_t>(AddressKind::broadcast)], 3U);
  EXPECT_EQ(totals.storm_drops[to_size(FloodKind::broadcast)], 2U);
  EXPECT_EQ(lan_.engine().storm_drops(port), (Drops{0, 0, 2}));
}

TEST_F(StormControlTest, OtherClassesAndReservedAddressesAreNotTouched) {
  plug_limited(FloodKind::multicast, few(2));
  SwitchRule rule;
  rule.forwarded_reserved = 0xffff;
  lan_.engine().set_rule(rule);
  EXPECT_EQ(send(to(lldp), 5), 5U);
  EXPECT_EQ(send(to(everybody), 5), 5U);
  EXPECT_EQ(send(to(bob), 5), 5U);
  EXPECT_EQ(send(to(group), 5), 2U);
  EXPECT_EQ(dropped(), 3U);
}

TEST_F(StormControlTest, UnicastIsLimitedWhileItsStationIsUnknown) {
  const PortIndex port = plug_limited(FloodKind::unknown_unicast, few(2));
  EXPECT_EQ(send(to(bob), 5), 2U);
  ASSERT_TRUE(lan_.engine().fdb().add_static({.vid = 1, .mac = bob}, static_cast<PortIndex>(1)));
  EXPECT_EQ(send(to(bob), 5), 5U);
  EXPECT_EQ(lan_.engine().storm_drops(port), (Drops{3, 0, 0}));
}

TEST_F(StormControlTest, SourceOfADroppedFrameIsLearned) {
  const PortIndex port = plug_limited(FloodKind::broadcast, few(1));
  EXPECT_EQ(send(frame(carol, everybody).build(), 1), 1U);
  EXPECT_EQ(send(to(everybody), 1), 0U);
  EXPECT_EQ(lan_.engine().fdb().find({.vid = 1, .mac = alice}, std::chrono::steady_clock::now()),
            port);
}

TEST_F(StormControlTest, OtherChangesGiveNoBurstAway) {
  const PortIndex port = plug_limited(FloodKind::broadcast, few(2));
  EXPECT_EQ(send(to(everybody), 3), 2U);
  PortRule rule = lan_.engine().port_rule(port);
  rule.hairpin = true;
  lan_.engine().set_port_rule(port, rule);
  lan_.engine().set_port_state(port, {.mtu = 1'400});
  lan_.plug();
  EXPECT_EQ(send(to(everybody), 3), 0U);
  rule.storm.of(FloodKind::broadcast) = few(4);
  lan_.engine().set_port_rule(port, rule);
  EXPECT_EQ(send(to(everybody), 5), 4U);
  rule.storm = {};
  lan_.engine().set_port_rule(port, rule);
  EXPECT_EQ(send(to(everybody), 5), 5U);
}

TEST_F(StormControlTest, SpeedOfTheLinkCountsForAShare) {
  // A hundred-thousandth of 12 Mbit/s is 120 bit/s; the burst is 26 frames of 60 bytes.
  const PortIndex port =
      plug_limited(FloodKind::broadcast, {.unit = Unit::share, .rate = 1e-5, .burst = 1'560});
  lan_.engine().set_port_state(port, {.speed = 12});
  EXPECT_EQ(send(to(everybody), 30), 26U);
  lan_.engine().set_port_state(port, {.speed = 10'000});
  EXPECT_GE(send(to(everybody), 30), 26U);
}

TEST_F(StormControlTest, LimitsOfAComposedChangeTakeEffectWithIt) {
  const PortIndex port = lan_.plug();
  lan_.plug();
  lan_.engine().begin_change();
  lan_.engine().set_port_rule(port, limited(FloodKind::broadcast, few(1)));
  lan_.engine().set_port_state(port, {.mtu = 1'400});
  EXPECT_EQ(send(to(everybody), 3), 3U);
  EXPECT_TRUE(lan_.engine().commit());
  EXPECT_EQ(send(to(everybody), 3), 1U);
}

TEST_F(StormControlTest, SuperFrameCountsAsTheFramesThatItIs) {
  const SuperFrame made = build({});
  const PortIndex port = lan_.plug(limited(FloodKind::unknown_unicast, few(4)), all_offloads);
  lan_.plug(PortRule(), all_offloads);
  const Bytes sent = with_header(made.offload, made.bytes);
  const auto received = [&] { return lan_.engine().totals(port).in_octets; };
  for (int i = 0; i < 3; ++i) {
    const auto before = received();
    ASSERT_TRUE(lan_.cable(0).send(sent));
    ASSERT_TRUE(wait_until([&] { return received() > before; }));
  }
  lan_.settle();
  // Three segments of four are taken by the first.
  EXPECT_EQ(dropped(), 2U);
  EXPECT_EQ(count_heard(lan_.cable(1)), 1U);
}

TEST_F(StormControlTest, PortWithoutItHasNoGateAndLosesNothing) {
  const PortIndex port = lan_.plug();
  lan_.plug();
  EXPECT_TRUE(lan_.engine().picture().storm_gates.empty());
  EXPECT_FALSE(lan_.engine().snapshot().port(port).has_storm_rule());
  EXPECT_EQ(send(to(everybody), 50), 50U);
  EXPECT_EQ(dropped(), 0U);
}

// The same frames by a port without a limit and by one whose limits are never reached.
TEST(StormControl, LimitsThatAreNotReachedChangeNothing) {
  const auto outcome_with = [](const PortRule& rule) {
    Lan lan;
    lan.plug(rule);
    lan.plug();
    std::mt19937 random(7);
    std::uint64_t octets = 0;
    const MacAddress destinations[] = {everybody, group, bob, carol, alice, lldp};
    for (int i = 0; i < 200; ++i) {
      const Bytes sent =
          frame(alice, destinations[random() % 6]).payload(46 + random() % 1'000).build();
      octets += sent.size();
      EXPECT_TRUE(lan.cable(0).send(sent));
    }
    const auto port = static_cast<PortIndex>(0);
    EXPECT_TRUE(wait_until([&] { return lan.engine().totals(port).in_octets == octets; }));
    lan.settle();
    std::vector<Bytes> heard;
    while (auto each = lan.cable(1).receive()) {
      heard.push_back(std::move(*each));
    }
    return std::pair(heard, lan.engine().totals(port).drops);
  };
  PortRule rule;
  rule.storm.limits.fill({.unit = Unit::share, .rate = 1});
  EXPECT_EQ(outcome_with({}), outcome_with(rule));
}

}  // namespace storm_control_test
}  // namespace tapswitch::test
