// SPDX-License-Identifier: Apache-2.0
#include "control/network/flap_detector.hpp"

#include <gtest/gtest.h>

namespace tapswitch::network {
namespace flap_detector_test {

using std::chrono::seconds;

constexpr TimePoint start = TimePoint() + seconds(1000);

Station station(std::uint64_t number) { return {.vid = 1, .mac = MacAddress(number)}; }

TEST(FlapDetector, StationFlapsWithItsFifthMoveWithinTheWindowAndIsToldOnce) {
  FlapDetector detector;
  for (int move = 1; move <= 20; ++move) {
    EXPECT_EQ(detector.moved(station(1), start + std::chrono::milliseconds(move)), move == 5);
  }
}

TEST(FlapDetector, StationThatMovesNowAndThenDoesNotFlap) {
  FlapDetector detector;
  for (int move = 0; move < 20; ++move) {
    EXPECT_FALSE(detector.moved(station(1), start + move * seconds(4)));
  }
}

TEST(FlapDetector, FlappingThatGoesOnIsToldOncePerWindow) {
  FlapDetector detector;
  int told = 0;
  for (int second = 0; second < 44; ++second) {
    told += detector.moved(station(1), start + seconds(second)) ? 1 : 0;
  }
  EXPECT_EQ(told, 4);
}

TEST(FlapDetector, MovesOfManyStationsAreNoFlapping) {
  FlapDetector detector;
  for (std::uint64_t number = 0; number < FlapDetector::most_stations; ++number) {
    EXPECT_FALSE(detector.moved(station(number), start));
  }
}

TEST(FlapDetector, StationsBeyondTheLimitAreWatchedWhenTheOthersAreForgotten) {
  FlapDetector detector;
  for (std::uint64_t number = 0; number < FlapDetector::most_stations; ++number) {
    detector.moved(station(number), start);
  }
  const Station late = station(1'000'000);
  for (int move = 0; move < 10; ++move) {
    EXPECT_FALSE(detector.moved(late, start + seconds(1)));
  }
  bool is_told = false;
  for (int move = 0; move < 10; ++move) {
    is_told |= detector.moved(late, start + FlapDetector::window + seconds(1));
  }
  EXPECT_TRUE(is_told);
}

}  // namespace flap_detector_test
}  // namespace tapswitch::network
