// SPDX-License-Identifier: Apache-2.0
#include "control/network/storms.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/network/describe.hpp"
#include "tests/network/stage.hpp"

namespace tapswitch::test {
namespace storms_test {

using events::Topic;
using network::RunningPort;
using network::RunningSwitch;
using network::Storm;
using network::Storms;
using std::chrono::seconds;
using Told = std::vector<std::string>;
using Turn = Storm::Turn;

constexpr TimePoint start{std::chrono::hours(1)};

TEST(Storm, BeginsWithTheFirstDropAndEndsWhenNoneHasFollowedFor5Seconds) {
  Storm storm;
  EXPECT_EQ(storm.look(0, true, start), std::nullopt);
  EXPECT_EQ(storm.look(1, true, start + seconds(1)), Turn::begins);
  EXPECT_TRUE(storm.is_under_way());
  EXPECT_EQ(storm.look(9, true, start + seconds(2)), std::nullopt);
  EXPECT_EQ(storm.dropped(), 9U);
  EXPECT_EQ(storm.look(9, true, start + seconds(6)), std::nullopt);
  EXPECT_EQ(storm.look(10, true, start + seconds(7)), std::nullopt);
  EXPECT_EQ(storm.look(10, true, start + seconds(11)), std::nullopt);
  EXPECT_EQ(storm.look(10, true, start + seconds(12)), Turn::ends);
  EXPECT_FALSE(storm.is_under_way());
  EXPECT_EQ(storm.dropped(), 10U);
  EXPECT_EQ(storm.look(10, true, start + seconds(13)), std::nullopt);
}

TEST(Storm, NextOneCountsFromItsBeginning) {
  Storm storm;
  EXPECT_EQ(storm.look(7, true, start), Turn::begins);
  EXPECT_EQ(storm.look(7, true, start + seconds(5)), Turn::ends);
  EXPECT_EQ(storm.look(9, true, start + seconds(6)), Turn::begins);
  EXPECT_EQ(storm.dropped(), 2U);
}

TEST(Storm, EndsWithItsLimit) {
  Storm storm;
  EXPECT_EQ(storm.look(7, true, start), Turn::begins);
  EXPECT_EQ(storm.look(7, false, start + seconds(1)), Turn::ends);
  EXPECT_EQ(storm.look(8, false, start + seconds(2)), std::nullopt);
}

class StormsTest : public Stage {
 protected:
  static PortRule limited() {
    PortRule rule;
    rule.storm.of(FloodKind::broadcast) = {.unit = StormLimit::Unit::frames, .rate = 1};
    return rule;
  }

  RunningPort& add_limited(const std::string& name) {
    RunningPort& port = add_port(home_, name);
    set_rule(port, limited());
    return port;
  }

  static void set_rule(RunningPort& port, const PortRule& rule) {
    port.spec.rule = rule;
    port.home->engine->set_port_rule(port.index, rule);
  }

  // As a worker counts it.
  static void drop(const RunningPort& port, FloodKind kind) {
    port.home->engine->picture().slot(port.index).counters[0].storm_drops[to_size(kind)].add(1);
  }

  // Returns what is told in the second that begins then.
  Told look(TimePoint now) {
    while (storms_.look_at_some(now)) {
    }
    return heard();
  }

  RunningSwitch& home_ = add_switch("sw0");
  Storms storms_{inventory_, announcer_};
};

TEST_F(StormsTest, BeginningAndEndAreToldOnce) {
  subscribe({Topic::ports});
  RunningPort& port = add_limited("a");
  add_limited("b");
  EXPECT_EQ(look(start), Told{});
  drop(port, FloodKind::broadcast);
  EXPECT_EQ(look(start + seconds(1)), Told{"port storm a"});
  EXPECT_EQ(describe(port, port.seen)["storms"], Json::array({"broadcast"}));
  drop(port, FloodKind::broadcast);
  EXPECT_EQ(look(start + seconds(2)), Told{});
  EXPECT_EQ(look(start + seconds(6)), Told{});
  EXPECT_EQ(look(start + seconds(7)), Told{"port calm a"});
  EXPECT_EQ(describe(port, port.seen)["storms"], Json::array());
  EXPECT_EQ(notices(),
            (Told{"port 'a': a storm of broadcast frames has begun, and what is beyond storm "
                  "control (broadcast 1pps) is dropped",
                  "port 'a': the storm of broadcast frames is over; 2 were dropped"}));
}

TEST_F(StormsTest, LimitThatIsTakenAwayEndsIt) {
  subscribe({Topic::ports});
  RunningPort& port = add_limited("a");
  drop(port, FloodKind::broadcast);
  EXPECT_EQ(look(start), Told{"port storm a"});
  set_rule(port, {});
  EXPECT_FALSE(describe(port, port.seen).contains("storms"));
  EXPECT_EQ(look(start + seconds(1)), Told{"port calm a"});
  EXPECT_EQ(look(start + seconds(2)), Told{});
}

TEST_F(StormsTest, CrowdIsToldInSeveralSeconds) {
  subscribe({Topic::ports});
  constexpr std::size_t count = 2 * Storms::most_told + 7;
  for (std::size_t i = 0; i < count; ++i) {
    drop(add_limited("p" + std::to_string(i)), FloodKind::broadcast);
  }
  EXPECT_EQ(look(start).size(), Storms::most_told);
  EXPECT_EQ(look(start + seconds(1)).size(), Storms::most_told);
  EXPECT_EQ(look(start + seconds(2)).size(), 7U);
  EXPECT_EQ(look(start + seconds(3)).size(), 0U);
}

}  // namespace storms_test
}  // namespace tapswitch::test
