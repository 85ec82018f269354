// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/storm_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "switch/forwarding/decide.hpp"

namespace tapswitch {
namespace storm_gate_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Unit = StormLimit::Unit;
using TimePoint = TokenBucket::TimePoint;

constexpr TimePoint start{std::chrono::hours(1)};
constexpr auto broadcast = FloodKind::broadcast;

StormRule rule_of(FloodKind kind, const StormLimit& limit) {
  StormRule rule;
  rule.of(kind) = limit;
  return rule;
}

// A frame, or what stands for one of its headers and so many segments.
class Frames {
 public:
  explicit Frames(std::size_t size) {
    std::vector<std::byte> bytes(size);
    std::ranges::copy(bytes, frame_->space().begin());
    frame_->assign(size);
  }
  [[nodiscard]] const FrameBuffer& frame() const { return *frame_; }

 private:
  std::unique_ptr<FrameBuffer> frame_ = std::make_unique<FrameBuffer>();
};

std::size_t let_in_at(StormGate& gate, FloodKind kind, const FrameBuffer& frame, TimePoint now) {
  std::size_t count = 0;
  while (count < 1'000'000 && gate.lets_in(kind, frame, now)) {
    ++count;
  }
  return count;
}

// How many frames of so many bytes come in at once after a pause, and one second later.
std::pair<std::size_t, std::size_t> bursts(const StormLimit& limit, std::uint32_t speed,
                                           std::size_t size) {
  StormGate gate(rule_of(broadcast, limit), speed);
  const Frames frames(size);
  const std::size_t first = let_in_at(gate, broadcast, frames.frame(), start);
  return {first, let_in_at(gate, broadcast, frames.frame(), start + milliseconds(10))};
}

TEST(StormGate, BurstIsWhatTheRateBringsIn100MillisecondsUnlessItIsSaid) {
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(bursts({.unit = Unit::frames, .rate = 500}, 0, 60), Pair(50, 5));
  EXPECT_EQ(bursts({.unit = Unit::frames, .rate = 500, .burst = 7}, 0, 60), Pair(7, 5));
  EXPECT_EQ(bursts({.unit = Unit::frames, .rate = 5}, 0, 60), Pair(1, 0));
  // 10 Mbit/s are 125 frames of 1,000 bytes in 100 ms.
  EXPECT_EQ(bursts({.unit = Unit::bits, .rate = 10e6}, 0, 1'000), Pair(125, 12));
  EXPECT_EQ(bursts({.unit = Unit::bits, .rate = 10e6, .burst = 5'000}, 0, 1'000), Pair(5, 5));
  EXPECT_EQ(bursts({.unit = Unit::bits, .rate = 1e3}, 0, 1'514), Pair(1, 0));
}

TEST(StormGate, ShareIsOfTheSpeedOfTheLinkOrOf10Gigabits) {
  const StormLimit share{.unit = Unit::share, .rate = 0.05};
  EXPECT_EQ(bursts(share, 1'000, 1'000).first, 625U);
  EXPECT_EQ(bursts(share, 0, 1'000).first, 6'250U);
  EXPECT_EQ(bursts(share, 10'000, 1'000).first, 6'250U);
}

TEST(StormGate, ClassesAreApart) {
  StormGate gate(rule_of(broadcast, {.unit = Unit::frames, .rate = 10, .burst = 1}), 0);
  const Frames frames(60);
  EXPECT_TRUE(gate.would_let_in(broadcast, frames.frame(), start));
  EXPECT_TRUE(gate.lets_in(broadcast, frames.frame(), start));
  EXPECT_FALSE(gate.would_let_in(broadcast, frames.frame(), start));
  EXPECT_FALSE(gate.lets_in(broadcast, frames.frame(), start));
  EXPECT_EQ(let_in_at(gate, FloodKind::multicast, frames.frame(), start), 1'000'000U);
  EXPECT_TRUE(gate.lets_in(FloodKind::unknown_unicast, frames.frame(), start));
}

TEST(StormGate, KnowsItsLimits) {
  const StormRule frames = rule_of(broadcast, {.unit = Unit::frames, .rate = 10});
  const StormRule share = rule_of(broadcast, {.unit = Unit::share, .rate = 0.1});
  EXPECT_TRUE(StormGate(frames, 0).is_of(frames, 100));
  EXPECT_FALSE(StormGate(frames, 0).is_of(share, 0));
  EXPECT_FALSE(StormGate(share, 0).is_of(share, 100));
  EXPECT_TRUE(StormGate(share, 100).is_of(share, 100));
}

TEST(StormClass, IsOfWhatHasNoSingleKnownDestination) {
  constexpr MacAddress station{0x0200'0000'000a};
  constexpr MacAddress group{0x0100'5e00'0001};
  constexpr MacAddress bridges{0x0180'c200'0000};
  constexpr MacAddress lldp{0x0180'c200'000e};
  constexpr MacAddress behind_reserved{0x0180'c200'0010};
  constexpr MacAddress everybody{0xffff'ffff'ffff};
  const Decision flood = Decision::flood(FloodKind::multicast, {});
  const Decision unicast = Decision::unicast(PortIndex{1});
  EXPECT_EQ(storm_class(everybody, flood), FloodKind::broadcast);
  EXPECT_EQ(storm_class(group, flood), FloodKind::multicast);
  EXPECT_EQ(storm_class(behind_reserved, flood), FloodKind::multicast);
  EXPECT_EQ(storm_class(group, unicast), FloodKind::multicast);
  EXPECT_EQ(storm_class(station, flood), FloodKind::unknown_unicast);
  EXPECT_EQ(storm_class(station, unicast), std::nullopt);
  EXPECT_EQ(storm_class(bridges, flood), std::nullopt);
  EXPECT_EQ(storm_class(lldp, flood), std::nullopt);
  EXPECT_EQ(storm_class(everybody, Decision::drop(DropReason::isolated)), std::nullopt);
}

}  // namespace storm_gate_test
}  // namespace tapswitch
