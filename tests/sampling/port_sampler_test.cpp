// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/port_sampler.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "switch/sampling/drop_code.hpp"
#include "switch/sampling/sampled_frame.hpp"
#include "switch/sampling/sflow_records.hpp"
#include "tests/support/frame_builder.hpp"
#include "tests/support/super_frame.hpp"

namespace tapswitch::test {
namespace port_sampler_test {

constexpr MacAddress alice{0x0200'0000'000a};
constexpr MacAddress bob{0x0200'0000'000b};
constexpr MacAddress everybody{0xffff'ffff'ffff};
constexpr PortIndex bobs{1};
constexpr TimePoint now{std::chrono::seconds(1'000)};

class PortSamplerTest : public testing::Test {
 protected:
  void begin(std::uint32_t rate, bool tells_drops = false) {
    sampler_ = std::make_unique<PortSampler>(PortSampler::Settings{.port = 3,
                                                                   .rate = rate,
                                                                   .tells_drops = tells_drops,
                                                                   .header_bytes = 128,
                                                                   .fdb = &fdb_,
                                                                   .seed = 42},
                                             intake_, table_);
    fill(frame_, FrameBuilder().from(alice).to(bob).payload(500).build());
  }

  void receive(std::size_t worker = 0, VlanId vid = 1) {
    EXPECT_EQ(sampler_->received(worker, frame_, vid, now), std::nullopt);
  }
  void drop(DropReason reason, Direction direction = Direction::in) {
    sampler_->drops(0, frame_, {.direction = direction, .vid = 1, .reason = reason});
  }

  struct Taken {
    SampledFrame sampled;
    std::vector<std::byte> bytes;
  };
  std::vector<Taken> take(std::size_t worker = 0) {
    std::vector<Taken> all;
    CaptureRing& ring = *intake_->rings[worker];
    for (auto record = ring.front(); !record.empty(); record = ring.front()) {
      const SampleRecord read = read_sample(record);
      all.push_back({read.sampled, {read.bytes.begin(), read.bytes.end()}});
      ring.pop();
    }
    return all;
  }

  Fdb fdb_{64, std::chrono::seconds(300), 1};
  const std::shared_ptr<SampleIntake> intake_ = std::make_shared<SampleIntake>(2);
  const std::shared_ptr<PortNumberTable> table_ = std::make_shared<PortNumberTable>();
  std::unique_ptr<PortSampler> sampler_;
  FrameBuffer frame_;
};

TEST_F(PortSamplerTest, OneOfOneIsEach) {
  begin(1);
  for (int i = 0; i < 5; ++i) {
    receive();
  }
  const auto taken = take();
  ASSERT_EQ(taken.size(), 5U);
  EXPECT_EQ(taken[4].sampled.pool, 5U);
  EXPECT_EQ(taken[4].sampled.rate, 1U);
  EXPECT_EQ(taken[4].sampled.size, 514U);
  EXPECT_EQ(taken[4].sampled.vid, 1U);
  EXPECT_EQ(taken[4].bytes.size(), 128U) << "the first bytes";
  EXPECT_TRUE(std::equal(taken[4].bytes.begin(), taken[4].bytes.end(), frame_.head().begin()));
}

TEST_F(PortSamplerTest, MeanOfManyIsTheRate) {
  constexpr std::uint32_t rate = 100;
  constexpr std::uint32_t frames = 1'000'000;
  begin(rate);
  std::size_t samples = 0;
  std::uint32_t pool = 0;
  std::uint32_t shortest = frames;
  std::uint32_t longest = 0;
  for (std::uint32_t i = 0; i < frames; ++i) {
    receive();
    for (const Taken& taken : take()) {
      shortest = std::min(shortest, taken.sampled.pool - pool);
      longest = std::max(longest, taken.sampled.pool - pool);
      pool = taken.sampled.pool;
      ++samples;
      EXPECT_EQ(pool, i + 1) << "all frames that came by";
    }
  }
  // A skip deviates by 58 from its mean, their sum by 58 times the root of how many there are.
  EXPECT_NEAR(static_cast<double>(samples), frames / rate, 250);
  EXPECT_EQ(shortest, 1U);
  EXPECT_EQ(longest, 2 * rate - 1);
}

TEST_F(PortSamplerTest, WorkersCountTogether) {
  begin(1);
  receive(0);
  receive(1);
  receive(1);
  EXPECT_EQ(take(0).size(), 1U);
  const auto taken = take(1);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[1].sampled.pool, 3U);
}

TEST_F(PortSamplerTest, NothingIsSampledAtRateZero) {
  begin(0);
  receive();
  EXPECT_TRUE(take().empty());
}

TEST_F(PortSamplerTest, SuperFrameCountsAsTheFramesOfAWire) {
  const SuperFrame super = build({.segment_size = 1'000, .payload = noise(2'500)});
  begin(1);
  fill(frame_, super.bytes, super.offload);
  receive();
  const auto taken = take();
  ASSERT_EQ(taken.size(), 3U);
  const std::size_t headers = super.headers.payload;
  EXPECT_EQ(taken[0].sampled.size, headers + 1'000);
  EXPECT_EQ(taken[1].sampled.size, headers + 1'000);
  EXPECT_EQ(taken[2].sampled.size, headers + 500);
  EXPECT_EQ(taken[2].sampled.pool, 3U);
}

TEST_F(PortSamplerTest, SuperFramesKeepTheRate) {
  const SuperFrame super = build({.segment_size = 1'000, .payload = noise(10'000)});
  begin(100);
  fill(frame_, super.bytes, super.offload);
  std::size_t samples = 0;
  for (int i = 0; i < 100'000; ++i) {
    receive();
    samples += take().size();
  }
  EXPECT_NEAR(static_cast<double>(samples), 10'000, 250);
}

TEST_F(PortSamplerTest, OutputIsWhereTheDestinationWasHeard) {
  begin(1);
  receive();
  EXPECT_EQ(take().at(0).sampled.output, to_several_ports) << "nobody has heard bob";
  fdb_.learn({1, bob}, bobs, 0, now);
  table_->numbers[1] = 8;
  receive();
  EXPECT_EQ(take().at(0).sampled.output, 8U);
  receive(0, no_vlan);
  EXPECT_EQ(take().at(0).sampled.output, to_none | 256U) << "it is refused";
  fill(frame_, FrameBuilder().from(alice).to(everybody).build());
  receive();
  EXPECT_EQ(take().at(0).sampled.output, to_several_ports);
}

TEST_F(PortSamplerTest, PriorityIsThatOfTheTag) {
  begin(1);
  fill(frame_, FrameBuilder().from(alice).to(bob).tag({.priority = 6, .vid = 10}).build());
  receive(0, 10);
  const auto taken = take();
  EXPECT_EQ(taken.at(0).sampled.priority, 6U);
  EXPECT_EQ(taken.at(0).sampled.vid, 10U);
}

TEST_F(PortSamplerTest, FullRingLosesAndCounts) {
  begin(1);
  constexpr std::size_t more_than_fit = 10'000;
  for (std::size_t i = 0; i < more_than_fit; ++i) {
    receive();
  }
  const std::size_t fitted = take().size();
  EXPECT_LT(fitted, more_than_fit);
  receive();
  const auto taken = take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].sampled.lost, more_than_fit - fitted);
  EXPECT_EQ(taken[0].sampled.pool, more_than_fit + 1);
}

TEST_F(PortSamplerTest, DropHasItsCodeAndItsDirection) {
  begin(0, true);
  intake_->drops.fill(2);
  drop(DropReason::vlan_not_allowed);
  drop(DropReason::busy, Direction::out);
  const auto taken = take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].sampled.reason, static_cast<std::uint32_t>(DropCode::ingress_vlan_filter));
  EXPECT_EQ(taken[0].sampled.input, 3U);
  EXPECT_EQ(taken[0].sampled.output, 0U);
  EXPECT_EQ(taken[1].sampled.reason, static_cast<std::uint32_t>(DropCode::no_buffer_space));
  EXPECT_EQ(taken[1].sampled.input, 0U);
  EXPECT_EQ(taken[1].sampled.output, 3U);
}

TEST_F(PortSamplerTest, DropsBeyondTheRateAreCounted) {
  begin(0, true);
  intake_->drops.fill(2);
  for (int i = 0; i < 5; ++i) {
    drop(DropReason::no_egress);
  }
  EXPECT_EQ(take().size(), 2U);
  intake_->drops.fill(1);
  drop(DropReason::no_egress);
  EXPECT_EQ(take().at(0).sampled.lost, 3U);
}

TEST_F(PortSamplerTest, FrameOfNothingIsToldAsDropped) {
  begin(0, true);
  intake_->drops.fill(1);
  frame_.assign(0);
  drop(DropReason::framing_invalid);
  const auto taken = take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].sampled.size, 0U);
  EXPECT_TRUE(taken[0].bytes.empty());
}

TEST_F(PortSamplerTest, DropsAreNotToldUnlessTheyAreToBe) {
  begin(1, false);
  intake_->drops.fill(1);
  drop(DropReason::no_egress);
  EXPECT_TRUE(take().empty());
}

}  // namespace port_sampler_test
}  // namespace tapswitch::test
