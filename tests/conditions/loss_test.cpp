// SPDX-License-Identifier: Apache-2.0
// loss_test.cpp: tests how many frames Impairment loses, and which.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "switch/conditions/impairment.hpp"

namespace tapswitch {
namespace loss_test {

constexpr std::size_t many = 100'000;
constexpr TimePoint start = TimePoint() + std::chrono::hours(1);

// Which of 'count' frames are lost.
std::vector<bool> losses(const Conditions& conditions, std::uint64_t seed = 1,
                         std::size_t count = many) {
  Impairment impairment(conditions, seed, start);
  std::vector<bool> lost;
  for (std::size_t i = 0; i < count; ++i) {
    lost.push_back(impairment.meet(100, 0, start).fate == Impairment::Fate::lost);
  }
  return lost;
}

double count_of(const std::vector<bool>& lost) {
  return static_cast<double>(std::count(lost.begin(), lost.end(), true));
}

// The mean length of runs of lost frames.
double mean_run(const std::vector<bool>& lost) {
  double runs = 0;
  for (std::size_t i = 0; i < lost.size(); ++i) {
    runs += lost[i] && (i == 0 || !lost[i - 1]) ? 1 : 0;
  }
  return count_of(lost) / runs;
}

TEST(Loss, TenPercentOfManyFramesIsWithinThreeSigma) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const double sigma = std::sqrt(many * 0.1 * 0.9);
    EXPECT_NEAR(count_of(losses({.loss = 0.1}, seed)), many * 0.1, 3 * sigma) << seed;
  }
}

TEST(Loss, NoneAndAllAreExact) {
  EXPECT_EQ(count_of(losses({})), 0);
  EXPECT_EQ(count_of(losses({.loss = 1})), many);
  EXPECT_EQ(count_of(losses({.is_cut = true})), many);
}

TEST(Loss, SameSeedLosesTheSameFramesAndAnotherOthers) {
  const Conditions conditions{.loss = 0.2, .seed = 42};
  EXPECT_EQ(losses(conditions, 1), losses(conditions, 2));
  EXPECT_NE(losses({.loss = 0.2}, 1), losses({.loss = 0.2}, 2));
  EXPECT_EQ(losses({.loss = 0.2}, 3), losses({.loss = 0.2}, 3));
}

// Whoever adds jitter to a line loses the same frames as before.
TEST(Loss, OtherConditionsDoNotChangeWhichFramesAreLost) {
  Conditions conditions{.loss = 0.2};
  const auto before = losses(conditions);
  conditions.delay = std::chrono::milliseconds(10);
  conditions.jitter = std::chrono::milliseconds(3);
  conditions.corrupt = 0.5;
  EXPECT_EQ(losses(conditions), before);
}

TEST(Loss, CorrelationMakesRunsAndNotMoreLosses) {
  const auto apart = losses({.loss = 0.1});
  const auto together = losses({.correlation = 0.5, .loss = 0.1});
  // The fates of neighbours are alike, so that the mean of as many spreads more.
  const double sigma = std::sqrt(many * 0.1 * 0.9 * (1 + 0.5) / (1 - 0.5));
  EXPECT_NEAR(count_of(together), many * 0.1, 3 * sigma);
  EXPECT_NEAR(mean_run(apart), 1 / 0.9, 0.03);
  EXPECT_NEAR(mean_run(together), 1 / (0.5 * 0.9), 0.1);
}

TEST(Loss, GilbertElliottHasItsMeans) {
  const BurstLoss model{
      .to_bad = 0.01, .to_good = 0.2, .loss_when_bad = 0.8, .loss_when_good = 0.005};
  EXPECT_NEAR(model.mean(), 0.2 / 0.21 * 0.005 + 0.01 / 0.21 * 0.8, 1e-9);
  constexpr std::size_t count = 1'000'000;
  const auto lost = losses({.loss_model = model}, 1, count);
  EXPECT_NEAR(count_of(lost) / count, model.mean(), 0.03 * model.mean());

  // Runs are as long as the line is bad, if it loses all then and nothing else.
  const auto runs = losses({.loss_model = BurstLoss{.to_bad = 0.02, .to_good = 0.25}}, 1, count);
  EXPECT_NEAR(mean_run(runs), 1 / 0.25, 0.05);
  EXPECT_NEAR(count_of(runs) / count, 0.02 / 0.27, 0.03 * 0.02 / 0.27);
}

TEST(Loss, LineThatFlapsIsUpFirst) {
  using std::chrono::seconds;
  Impairment line({.flap = Flap{.up = seconds(10), .down = seconds(2)}}, 1, start);
  const auto is_up = [&](int second) {
    return line.meet(100, 0, start + seconds(second)).fate == Impairment::Fate::passes;
  };
  EXPECT_TRUE(is_up(0));
  EXPECT_TRUE(is_up(9));
  EXPECT_FALSE(is_up(10));
  EXPECT_FALSE(is_up(11));
  EXPECT_TRUE(is_up(12));
  EXPECT_FALSE(is_up(10 + 12 * 100'000));
}

}  // namespace loss_test
}  // namespace tapswitch
