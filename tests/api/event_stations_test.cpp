// SPDX-License-Identifier: Apache-2.0
// Events tell of stations, while workers learn them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/api/event_fixture.hpp"

namespace tapswitch::test {
namespace event_stations_test {

using testing::ElementsAre;

class EventStationsApi : public EventFixture {
 protected:
  static bool say(RawStation& station, MacAddress source) {
    return station.send(FrameBuilder().from(source).to(broadcast).build());
  }

  std::size_t stations() {
    return call("switch.get", {{"name", "sw0"}})["fdb"]["stations"].get<std::size_t>();
  }
};

TEST_F(EventStationsApi, StationIsToldWhenItIsLearnedMovesAndGoes) {
  add_port("a");
  add_port("b");
  subscribe({{"topics", {"fdb"}}});
  RawStation on_a = station_on("a");
  RawStation on_b = station_on("b");
  say(on_a, alice);
  Json event = wait_for("fdb", "learned");
  EXPECT_EQ(event["data"].dump(),
            R"({"mac":"02:00:00:00:00:aa","vlan":1,"port":"a","kind":"dynamic"})");
  say(on_b, alice);
  event = wait_for("fdb", "moved");
  EXPECT_EQ(event["data"]["port"], "b");
  EXPECT_EQ(event["data"]["old_port"], "a");
  call("fdb.add", {{"mac", alice.to_string()}, {"vlan", 1}, {"port", "a"}});
  EXPECT_EQ(wait_for("fdb", "added")["data"]["kind"], "static");
  call("port.remove", {{"name", "a"}});
  event = wait_for("fdb", "removed");
  EXPECT_EQ(event["data"]["port"], "a") << "told while the port still had its name";
}

TEST_F(EventStationsApi, StationThatAgesOutIsTold) {
  call("switch.set", {{"name", "sw0"}, {"fdb", {{"ageing_seconds", 1}}}});
  add_port("a");
  subscribe({{"topics", {"fdb"}}});
  RawStation on_a = station_on("a");
  say(on_a, alice);
  wait_for("fdb", "learned");
  tick(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  EXPECT_EQ(wait_for("fdb", "aged")["data"]["mac"], alice.to_string());
}

TEST_F(EventStationsApi, StationThatMovesToAndFroIsToldToFlap) {
  add_port("a");
  add_port("b");
  subscribe({{"topics", {"fdb"}}});
  RawStation on_a = station_on("a");
  RawStation on_b = station_on("b");
  say(on_a, alice);
  wait_for("fdb", "learned");
  std::vector<Json> last;
  for (int move = 0; move < 5; ++move) {
    say(move % 2 == 0 ? on_b : on_a, alice);
    ASSERT_TRUE(wait_until([&] {
      for (Json& each : heard()) {
        last.push_back(std::move(each));
      }
      return std::ranges::count(last, "moved", [](const Json& each) { return each["event"]; }) ==
             move + 1;
    }));
  }
  ASSERT_EQ(last.back()["event"], "flapping");
  EXPECT_EQ(last.back()["data"]["moves"], 5);
  // Twins, or a loop: both ends are named.
  EXPECT_EQ(last.back()["data"]["port"], "b");
  EXPECT_EQ(last.back()["data"]["old_port"], "a");
  EXPECT_EQ(last.back()["data"]["window_seconds"], 10);
}

TEST_F(EventStationsApi, FullTableAndFullPortAreToldOnceATick) {
  call("switch.add", {{"name", "small"}, {"fdb", {{"capacity", 1}}}});
  add_port("a", {{"switch", "small"}});
  add_port("b", {{"switch", "sw0"}, {"fdb_limit", 1}});
  subscribe({{"topics", {"fdb"}}});
  RawStation on_a = station_on("a");
  RawStation on_b = station_on("b");
  for (const MacAddress source : {alice, bob, MacAddress(0x0200'0000'00cc)}) {
    say(on_a, source);
    say(on_b, source);
  }
  const auto counters = [&](const char* name) {
    return network_.find_switch(name).engine->fdb().counters();
  };
  // Between two seconds one may make way for the next.
  ASSERT_TRUE(wait_until([&] {
    const FdbCounters small = counters("small");
    return small.refused_table_full + small.evicted == 2;
  }));
  ASSERT_TRUE(wait_until([&] { return counters("sw0").refused_port_full == 2; }));
  heard();
  tick(std::chrono::steady_clock::now());
  tick(std::chrono::steady_clock::now());
  const std::vector<Json> events = heard();
  ASSERT_THAT(in_short(events), ElementsAre("fdb limit", "fdb limit"));
  for (const Json& event : events) {
    if (event["data"]["reason"] == "port_full") {
      EXPECT_EQ(event["data"]["refused"], 2);
      EXPECT_EQ(event["data"]["ports"], Json({"b"}));
    } else {
      EXPECT_EQ(event["data"]["refused"].get<int>() + event["data"]["evicted"].get<int>(), 2);
      EXPECT_EQ(event["data"]["limit"], 1);
    }
  }
}

// A client that takes the snapshot, and then does what the events say, has at the end what
// fdb.list says; whenever it began, and although two workers learn all the time.
TEST_F(EventStationsApi, SnapshotAndEventsTogetherAreTheTable) {
  for (const char* port : {"a", "b"}) {
    add_port(port);
  }
  // Nothing shall be lost, however slow the machine is: the speakers say what they are allowed to,
  // and are allowed more once the news have been read.
  std::counting_semaphore<> allowance(0);
  std::atomic<bool> is_over = false;
  std::vector<std::thread> speakers;
  for (const char* port : {"a", "b"}) {
    speakers.emplace_back([&, station = station_on(port), seed = port[0]]() mutable {
      std::mt19937 random(static_cast<unsigned>(seed));
      while (allowance.acquire(), !is_over) {
        say(station, MacAddress(0x0200'0000'1000U + random() % 64));
      }
    });
  }
  using Table = std::map<std::pair<int, std::string>, std::string>;
  const auto put = [](Table& table, const Json& entry) {
    table[{entry["vlan"], entry["mac"]}] = entry["port"];
  };
  std::vector<Json> events;
  const auto half_the_stations_are_known = [&] {
    std::ranges::move(heard(), std::back_inserter(events));
    allowance.release(64);
    return stations() > 32;
  };
  ASSERT_TRUE(wait_until(half_the_stations_are_known));
  std::map<std::uint64_t, Table> tables;
  for (int subscription = 0; subscription < 6; ++subscription) {
    Json result = subscribe({{"topics", {"fdb"}}, {"snapshot", true}});
    Table& table = tables[result["subscription"]];
    for (const Json& entry : result["snapshot"]["entries"]) {
      put(table, entry);
    }
    call("fdb.flush", {{"port", subscription % 2 == 0 ? "a" : "b"}});
    EXPECT_TRUE(wait_until(half_the_stations_are_known));
  }
  is_over = true;
  allowance.release(std::ssize(speakers));
  for (std::thread& speaker : speakers) {
    speaker.join();
  }
  const auto read_list = [&] {
    Table table;
    const Json page = call("fdb.list");
    for (const Json& entry : page["entries"]) {
      put(table, entry);
    }
    return table;
  };
  // The last frames are still on their way to the workers.
  Table list;
  std::map<std::uint64_t, std::uint64_t> sequence;
  ASSERT_TRUE(wait_until([&] {
    std::ranges::move(heard(), std::back_inserter(events));
    for (const Json& event : std::exchange(events, {})) {
      EXPECT_EQ(event["sequence"], ++sequence[event["subscription"]]) << "nothing was lost";
      Table& table = tables[event["subscription"]];
      if (event["event"] == "removed" || event["event"] == "aged") {
        table.erase({event["data"]["vlan"], event["data"]["mac"]});
      } else {
        put(table, event["data"]);
      }
    }
    list = read_list();
    return std::ranges::all_of(tables, [&](const auto& each) { return each.second == list; });
  })) << list.size();
}

}  // namespace event_stations_test
}  // namespace tapswitch::test
