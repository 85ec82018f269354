// SPDX-License-Identifier: Apache-2.0
// jitter_test.cpp: tests how the delays that Impairment gives are spread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "switch/conditions/impairment.hpp"

namespace tapswitch {
namespace jitter_test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t many = 100'000;
constexpr double delay = 100;
constexpr double jitter = 10;

// The delays in milliseconds of frames so far apart that none waits for another.
std::vector<double> delays(Distribution distribution, double correlation = 0) {
  Impairment line({.delay = milliseconds(100),
                   .jitter = milliseconds(10),
                   .distribution = distribution,
                   .correlation = correlation},
                  7, TimePoint());
  std::vector<double> found;
  TimePoint now;
  for (std::size_t i = 0; i < many; ++i) {
    now += seconds(100);
    found.push_back(Milliseconds(line.meet(100, 0, now).copies[0].due - now).count());
  }
  return found;
}

// The chance that as many samples of one distribution are 'distance' apart from it or more, by the
// series of Kolmogorov.
double chance_of(double distance, double count) {
  const double x = distance * (std::sqrt(count) + 0.12 + 0.11 / std::sqrt(count));
  double sum = 0;
  for (int k = 1; k <= 100; ++k) {
    sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
  }
  return std::clamp(sum, 0.0, 1.0);
}

// How likely samples like 'found' are where 'share_below' is how many of all are below a value.
double likelihood(std::vector<double> found, const std::function<double(double)>& share_below) {
  std::sort(found.begin(), found.end());
  const auto count = static_cast<double>(found.size());
  double distance = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double share = share_below(found[i]);
    distance = std::max({distance, std::abs(share - static_cast<double>(i) / count),
                         std::abs(share - static_cast<double>(i + 1) / count)});
  }
  return chance_of(distance, count);
}

double normal_below(double value) { return std::erfc(-value / std::sqrt(2.0)) / 2; }

double pareto_below(double value) {
  const double x = value * std::sqrt(3.0) / 2 + 1.5;
  return x <= 1 ? 0 : 1 - std::pow(x, -3);
}

double in_jitters(double value) { return (value - delay) / jitter; }

TEST(Jitter, UniformNormalAndParetoAreAsAsked) {
  const auto uniform_below = [](double x) { return std::clamp((in_jitters(x) + 1) / 2, 0.0, 1.0); };
  EXPECT_GT(likelihood(delays(Distribution::uniform), uniform_below), 0.01);
  EXPECT_GT(likelihood(delays(Distribution::normal),
                       [](double x) { return normal_below(in_jitters(x)); }),
            0.01);
  EXPECT_GT(likelihood(delays(Distribution::pareto),
                       [](double x) { return pareto_below(in_jitters(x)); }),
            0.01);
}

// The integral has no name: the quarter of a normal one is summed up over slices of the other.
TEST(Jitter, ParetonormalIsAsAsked) {
  constexpr int slices = 1'000;
  std::vector<double> centres;
  for (int i = 0; i < slices; ++i) {
    const double share = (i + 0.5) / slices;
    centres.push_back(0.75 * (1 / std::cbrt(1 - share) - 1.5) * 2 / std::sqrt(3.0));
  }
  const auto below = [&](double x) {
    double sum = 0;
    for (const double centre : centres) {
      sum += normal_below((in_jitters(x) - centre) / 0.25);
    }
    return sum / slices;
  };
  std::vector<double> found = delays(Distribution::paretonormal);
  found.resize(20'000);  // the sums are long
  EXPECT_GT(likelihood(found, below), 0.01);
}

TEST(Jitter, DistributionsAreToldApart) {
  EXPECT_LT(likelihood(delays(Distribution::uniform),
                       [](double x) { return normal_below(in_jitters(x)); }),
            1e-6);
}

TEST(Jitter, CorrelationKeepsTheDistributionAndMakesNeighboursAlike) {
  const std::vector<double> found = delays(Distribution::normal, 0.25);
  double sum = 0;
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double x = in_jitters(found[i]);
    sum += x;
    squares += x * x;
    products += i == 0 ? 0 : x * in_jitters(found[i - 1]);
  }
  EXPECT_NEAR(sum / many, 0, 0.03);
  EXPECT_NEAR(squares / many, 1, 0.03);
  EXPECT_NEAR(products / squares, 0.25, 0.02);
}

TEST(Jitter, FramesStayInOrder) {
  Impairment line({.delay = milliseconds(50), .jitter = milliseconds(50)}, 7, TimePoint());
  TimePoint last;
  for (int i = 0; i < 10'000; ++i) {
    const TimePoint now = TimePoint() + milliseconds(i);
    const TimePoint due = line.meet(100, 0, now).copies[0].due;
    EXPECT_GE(due, last);
    EXPECT_GE(due, now);
    last = due;
  }
}

// No deviation is drawn that would have to come out before it went in.
TEST(Jitter, DelayIsNeverNegativeNorWithoutEnd) {
  Impairment line(
      {.delay = milliseconds(1), .jitter = seconds(60), .distribution = Distribution::pareto}, 7,
      TimePoint());
  for (int i = 0; i < 10'000; ++i) {
    const TimePoint now = TimePoint() + seconds(100 * i);
    const TimePoint due = line.meet(100, 0, now).copies[0].due;
    EXPECT_GE(due, now);
    EXPECT_LE(due, now + Conditions::longest_delay);
  }
}

}  // namespace jitter_test
}  // namespace tapswitch
