// SPDX-License-Identifier: Apache-2.0
#include "control/network/station_news.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>

#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace station_news_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using network::StationNews;
using Told = std::vector<std::string>;

constexpr Station station_a{.vid = 1, .mac = MacAddress(0x0200'0000'000a)};

class StationNewsTest : public Stage {
 protected:
  void TearDown() override {
    EXPECT_FALSE(has_rung()) << "what has rung was not told";
    Stage::TearDown();
  }

  [[nodiscard]] bool has_rung() const {
    pollfd bell{.fd = news_.bell(), .events = POLLIN, .revents = 0};
    return ::poll(&bell, 1, 0) == 1;
  }

  void hear(RunningPort& port, Station station) {
    port.home->engine->fdb().learn(station, port.index, 0, std::chrono::steady_clock::now());
  }

  Told told() {
    news_.tell_rung();
    return heard();
  }

  RunningSwitch& home_ = add_switch("sw0");
  RunningPort& a_ = add_port(home_, "a");
  RunningPort& b_ = add_port(home_, "b");
  StationNews news_{inventory_, events_};
};

TEST_F(StationNewsTest, NothingIsCollectedWhileNobodyWantsIt) {
  news_.take_up(home_);
  hear(a_, station_a);
  EXPECT_FALSE(has_rung());
  subscribe({Topic::stations});
  EXPECT_EQ(told(), Told{});
}

TEST_F(StationNewsTest, BellRingsAndNewsAreTold) {
  subscribe({Topic::stations});
  hear(a_, station_a);
  EXPECT_TRUE(has_rung());
  EXPECT_EQ(told(), Told{"fdb learned 02:00:00:00:00:0a"});
  EXPECT_FALSE(has_rung());
}

TEST_F(StationNewsTest, SwitchThatComesLaterIsTakenUp) {
  subscribe({Topic::stations});
  RunningSwitch& late = add_switch("sw1");
  news_.take_up(late);
  hear(add_port(late, "c"), station_a);
  EXPECT_EQ(told(), Told{"fdb learned 02:00:00:00:00:0a"});
}

TEST_F(StationNewsTest, SwitchThatIsGoneIsNotToldOfThoughItHasRung) {
  subscribe({Topic::stations});
  RunningSwitch& late = add_switch("sw1");
  news_.take_up(late);
  hear(add_port(late, "c"), station_a);
  news_.forget(late);
  inventory_.ports().erase("c");
  inventory_.switches().erase("sw1");
  EXPECT_TRUE(has_rung());
  EXPECT_EQ(told(), Told{});
}

TEST_F(StationNewsTest, StationThatMovesToAndFroFlaps) {
  subscribe({Topic::stations});
  hear(a_, station_a);
  for (int move = 0; move < 5; ++move) {
    hear(move % 2 == 0 ? b_ : a_, station_a);
  }
  const Told all = told();
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all.back(), "fdb flapping 02:00:00:00:00:0a");
}

TEST_F(StationNewsTest, SnapshotTellsFirstWhatWasBefore) {
  subscribe({Topic::stations});
  hear(a_, station_a);
  const std::vector<FdbEntry> stations = news_.snapshot(home_);
  ASSERT_EQ(stations.size(), 1U);
  EXPECT_EQ(stations[0].station, station_a);
  EXPECT_EQ(heard(), Told{"fdb learned 02:00:00:00:00:0a"});
  EXPECT_EQ(told(), Told{});
}

TEST_F(StationNewsTest, TableWithoutRoomIsToldOnceAMoment) {
  subscribe({Topic::stations});
  a_.spec.rule.fdb_limit = 1;
  Fdb& fdb = home_.engine->fdb();
  const TimePoint now = std::chrono::steady_clock::now();
  fdb.learn(station_a, a_.index, 1, now);
  fdb.learn({.vid = 1, .mac = MacAddress(0x0200'0000'000b)}, a_.index, 1, now);
  (void)told();
  news_.tell_limits(home_);
  EXPECT_EQ(heard(), Told{"fdb limit"});
  news_.tell_limits(home_);
  EXPECT_EQ(heard(), Told{});
}

}  // namespace station_news_test
}  // namespace tapswitch::test
