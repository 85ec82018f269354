// SPDX-License-Identifier: Apache-2.0
// The meter is told the time, so that its seconds pass at once.
#include "control/api/rate_meter.hpp"

#include <gtest/gtest.h>

#include "tests/api/lab_fixture.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace rate_meter_test {

using namespace std::chrono_literals;

class RateMeter : public LabFixture {
 protected:
  static constexpr std::uint64_t frame_size = 60;

  void SetUp() override {
    LabFixture::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) {
      add_port("a");
    }
  }

  network::Network::RunningPort& port() { return network_.find_port("a"); }

  // 'count' frames come in by the port, and are counted when this returns.
  void receive_frames(int count) {
    RawStation station = station_on("a");
    const auto received = [this] { return port().totals().in_octets; };
    const std::uint64_t before = received();
    for (int n = 0; n < count; ++n) {
      ASSERT_TRUE(station.send(FrameBuilder().from(alice).to(broadcast).build()));
    }
    ASSERT_TRUE(wait_until(
        [&] { return received() == before + frame_size * static_cast<std::uint64_t>(count); }));
  }

  // The frames of which 'rates' tells, and over how long.
  static std::pair<double, std::chrono::microseconds> measured(const Json& rates) {
    const std::chrono::microseconds interval{rates["interval_microseconds"].get<std::int64_t>()};
    return {rates["in_bits_per_second"].get<double>() / (8 * frame_size), interval};
  }

  TimePoint start() { return port().added; }
  api::RateMeter rate_meter_;
};

TEST_F(RateMeter, FirstQuestionIsAnsweredSinceThePortBegan) {
  receive_frames(10);
  EXPECT_EQ(rate_meter_.rates(port(), start() + 2s),
            (Json{{"in_bits_per_second", 5 * 8 * frame_size},
                  {"in_frames_per_second", 0},
                  {"out_bits_per_second", 0},
                  {"out_frames_per_second", 0},
                  {"drops_per_second", 5},
                  {"interval_microseconds", 2'000'000}}));
}

TEST_F(RateMeter, NextQuestionIsAnsweredSinceTheLast) {
  receive_frames(10);
  (void)rate_meter_.rates(port(), start() + 2s);
  receive_frames(3);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 3s)), std::pair(3.0, 1'000'000us));
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 4s)), std::pair(0.0, 1'000'000us));
}

TEST_F(RateMeter, QuestionsInQuickSuccessionAreAnsweredOverALongEnoughTime) {
  (void)rate_meter_.rates(port(), start() + 1s);
  (void)rate_meter_.rates(port(), start() + 2s);
  receive_frames(3);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 2s + 200ms)).second, 1'200'000us);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 2s + 400ms)).second, 1'400'000us);
}

TEST_F(RateMeter, FirstQuestionIsAnsweredSinceTheLastTick) {
  receive_frames(10);
  EXPECT_FALSE(rate_meter_.sample_some(network_, start() + 20s));
  receive_frames(2);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 21s)), std::pair(2.0, 1'000'000us));
}

TEST_F(RateMeter, QuestionAfterALongSilenceIsAnsweredSinceTheLastTick) {
  (void)rate_meter_.rates(port(), start() + 1s);
  receive_frames(66);
  for (int hours = 1; hours <= 3; ++hours) {
    EXPECT_FALSE(rate_meter_.sample_some(network_, start() + std::chrono::hours(hours)));
  }
  receive_frames(2);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 3h + 1s)), std::pair(2.0, 1'000'000us));
}

TEST_F(RateMeter, LongerIntervalReachesFurtherBack) {
  for (int second = 1; second <= 60; ++second) {
    EXPECT_FALSE(rate_meter_.sample_some(network_, start() + std::chrono::seconds(second)));
  }
  receive_frames(20);
  const TimePoint now = start() + 61s;
  EXPECT_EQ(measured(rate_meter_.rates(port(), now, 1s)), std::pair(20.0, 1'000'000us));
  EXPECT_EQ(measured(rate_meter_.rates(port(), now, 5s)), std::pair(4.0, 5'000'000us));
  EXPECT_EQ(measured(rate_meter_.rates(port(), now, api::RateMeter::longest_interval)),
            std::pair(2.0, 10'000'000us));
}

TEST_F(RateMeter, YoungPortIsMeasuredSinceItsBeginningHoweverLongTheInterval) {
  receive_frames(6);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 2s, 10s)), std::pair(3.0, 2'000'000us));
}

TEST_F(RateMeter, PortAddedAnewUnderItsOldNameStartsAnew) {
  receive_frames(10);
  (void)rate_meter_.rates(port(), start() + 1s);
  (void)rate_meter_.rates(port(), start() + 2s);
  call("port.remove", {{"name", "a"}});
  add_port("a");
  receive_frames(4);
  EXPECT_EQ(measured(rate_meter_.rates(port(), start() + 4s)), std::pair(1.0, 4'000'000us));
}

TEST_F(RateMeter, SampleOfARemovedPortIsNotTaken) {
  (void)rate_meter_.rates(port(), start() + 1s);
  const TimePoint now = start() + 2s;
  call("port.remove", {{"name", "a"}});
  EXPECT_FALSE(rate_meter_.sample_some(network_, now));
}

TEST_F(RateMeter, ManyPortsAreSampledInTurns) {
  for (int number = 0; number < 300; ++number) {
    call("port.add", {{"name", "p" + std::to_string(number)}});
  }
  const TimePoint now = start() + 2s;
  EXPECT_TRUE(rate_meter_.sample_some(network_, now));
  EXPECT_FALSE(rate_meter_.sample_some(network_, now));
  EXPECT_TRUE(rate_meter_.sample_some(network_, now)) << "the next round";
}

TEST_F(RateMeter, RatesAreToldByPortAndSwitch) {
  call("switch.add", {{"name", "sw1"}});
  add_port("b", {{"switch", "sw1"}});
  EXPECT_EQ(call("stats.rates")["ports"].size(), 2U);
  EXPECT_TRUE(call("stats.rates", {{"port", "a"}})["ports"].contains("a"));
  EXPECT_EQ(call("stats.rates", {{"port", "a"}})["ports"].size(), 1U);
  EXPECT_TRUE(call("stats.rates", {{"switch", "sw1"}})["ports"].contains("b"));
  EXPECT_EQ(call("stats.rates", {{"switch", "sw1"}})["ports"].size(), 1U);
  EXPECT_EQ(refusal_kind("stats.rates", {{"port", "c"}}), "not_found");
  EXPECT_EQ(refusal_kind("stats.rates", {{"interval_seconds", 11}}), "invalid_params");
}

TEST_F(RateMeter, RatesNameTheSwitchTheStateAndTheStationsOfThePort) {
  (void)call("fdb.add", {{"mac", "02:00:00:00:00:0a"}, {"vlan", 1}, {"port", "a"}});
  const Json rates = call("stats.rates", {{"interval_seconds", 10}})["ports"]["a"];
  EXPECT_EQ(rates["switch"], "sw0");
  EXPECT_EQ(rates["state"], "up");
  EXPECT_EQ(rates["stations"], 1);
}

}  // namespace rate_meter_test
}  // namespace tapswitch::test
