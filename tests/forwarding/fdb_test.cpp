// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace fdb_test {

using std::chrono::seconds;

constexpr PortIndex p1{1};
constexpr PortIndex p2{2};
constexpr PortIndex p3{3};
constexpr Station alice{1, MacAddress(0x02'00'00'00'00'0a)};
constexpr Station bob{1, MacAddress(0x02'00'00'00'00'0b)};
constexpr Station alice_in_10{10, alice.mac};

Station stranger(std::uint64_t number) { return {1, MacAddress(0x06'00'00'00'00'00 + number)}; }

class FdbTest : public testing::Test {
 protected:
  Learned hear(Station station, PortIndex port, std::uint32_t limit = 0) {
    const Learned foreseen = fdb_.would_learn(station, port, limit, now_);
    const Learned learned = fdb_.learn(station, port, limit, now_);
    EXPECT_EQ(learned, foreseen);
    return learned;
  }
  [[nodiscard]] std::optional<PortIndex> find(Station station) const {
    return fdb_.find(station, now_);
  }
  void pass(seconds time) { now_ += time; }

  // Learns strangers on 'port' until the table is full.
  void fill(PortIndex port) {
    for (std::uint64_t i = 0; fdb_.size() < fdb_.capacity(); ++i) {
      hear(stranger(i), port);
    }
  }

  Fdb fdb_{1'000, seconds(300), 42};
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(FdbTest, StationIsFoundWhereItWasHeard) {
  EXPECT_EQ(find(alice), std::nullopt);
  EXPECT_EQ(hear(alice, p1), Learned::added);
  EXPECT_EQ(find(alice), p1);
  EXPECT_EQ(find(bob), std::nullopt);
  EXPECT_EQ(hear(alice, p1), Learned::refreshed);
  EXPECT_EQ(fdb_.size(), 1U);
}

TEST_F(FdbTest, StationThatMovesIsFoundOnItsNewPort) {
  hear(alice, p1);
  EXPECT_EQ(hear(alice, p2), Learned::moved);
  EXPECT_EQ(find(alice), p2);
  EXPECT_EQ(fdb_.size(), 1U);
  EXPECT_EQ(fdb_.count_on(p1), 0U);
  EXPECT_EQ(fdb_.count_on(p2), 1U);
  EXPECT_EQ(fdb_.counters().moved, 1U);
}

TEST_F(FdbTest, VlansAreIndependent) {
  hear(alice, p1);
  EXPECT_EQ(hear(alice_in_10, p2), Learned::added);
  EXPECT_EQ(find(alice), p1);
  EXPECT_EQ(find(alice_in_10), p2);
  EXPECT_EQ(fdb_.count_in(1), 1U);
  EXPECT_EQ(fdb_.count_in(10), 1U);
}

TEST_F(FdbTest, SilentStationAgesOut) {
  hear(alice, p1);
  pass(seconds(300));
  EXPECT_EQ(find(alice), p1);
  pass(seconds(1));
  EXPECT_EQ(find(alice), std::nullopt);
}

TEST_F(FdbTest, StationThatIsHeardStays) {
  hear(alice, p1);
  for (int i = 0; i < 10; ++i) {
    pass(seconds(200));
    EXPECT_EQ(hear(alice, p1), Learned::refreshed);
  }
  EXPECT_EQ(find(alice), p1);
}

TEST_F(FdbTest, ClockOfAnotherThreadMayBeBehind) {
  hear(alice, p1);
  now_ -= seconds(1);
  EXPECT_EQ(hear(alice, p1), Learned::refreshed);
  EXPECT_EQ(find(alice), p1);
  pass(seconds(301));
  EXPECT_EQ(find(alice), p1) << "the later of the two times counts";
}

TEST_F(FdbTest, ShorterAgeingTimeHoldsAtOnce) {
  hear(alice, p1);
  pass(seconds(20));
  fdb_.set_ageing(seconds(10));
  EXPECT_EQ(find(alice), std::nullopt);
}

TEST_F(FdbTest, HugeAgeingTimesMeanNever) {
  fdb_.set_ageing(seconds::max());
  hear(alice, p1);
  pass(std::chrono::hours(24 * 365 * 10));
  EXPECT_EQ(find(alice), p1);
}

TEST_F(FdbTest, ExpireFreesWhatHasAgedOut) {
  hear(alice, p1);
  pass(seconds(200));
  hear(bob, p1);
  pass(seconds(150));
  EXPECT_EQ(fdb_.size(), 2U);
  EXPECT_EQ(fdb_.expire(now_), 1U);
  EXPECT_EQ(fdb_.size(), 1U);
  EXPECT_EQ(fdb_.count_on(p1), 1U);
  EXPECT_EQ(fdb_.count_in(1), 1U);
  EXPECT_EQ(find(bob), p1);
  EXPECT_EQ(fdb_.counters().aged, 1U);
}

TEST_F(FdbTest, ExpireGoesOnWhereItEnded) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    hear(stranger(i), p1);
  }
  pass(seconds(301));
  std::size_t freed = 0;
  // 1000 stations have 2048 slots.
  for (int i = 0; i < 8; ++i) {
    const std::size_t some = fdb_.expire(now_, 256);
    EXPECT_LE(some, 256U);
    freed += some;
  }
  EXPECT_EQ(freed, 500U);
  EXPECT_EQ(fdb_.size(), 0U);
}

TEST_F(FdbTest, AgedStationThatComesBackIsNew) {
  hear(alice, p1);
  pass(seconds(301));
  EXPECT_EQ(hear(alice, p2), Learned::added);
  EXPECT_EQ(find(alice), p2);
  EXPECT_EQ(fdb_.size(), 1U);
  EXPECT_EQ(fdb_.count_on(p1), 0U);
  EXPECT_EQ(fdb_.counters().aged, 1U);
  EXPECT_EQ(fdb_.counters().added, 2U);
}

TEST_F(FdbTest, FullTableRefusesStrangersAndKeepsFriends) {
  hear(alice, p1);
  fill(p2);
  EXPECT_EQ(fdb_.size(), fdb_.capacity());
  EXPECT_EQ(hear(bob, p2), Learned::table_full);
  EXPECT_EQ(find(bob), std::nullopt);
  EXPECT_EQ(hear(alice, p1), Learned::refreshed);
  EXPECT_EQ(hear(alice, p3), Learned::moved) << "a move takes no room";
  EXPECT_EQ(fdb_.counters().refused_table_full, 1U);
}

TEST_F(FdbTest, FloodByOnePortDoesNotKeepOthersOut) {
  fill(p2);
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(hear({10, stranger(i).mac}, p1), Learned::added) << i;
    fill(p2);  // who refreshes his own
  }
  EXPECT_EQ(fdb_.size(), fdb_.capacity());
  EXPECT_EQ(fdb_.count_on(p1), 100U);
  EXPECT_EQ(fdb_.count_on(p2), fdb_.capacity() - 100);
  EXPECT_EQ(fdb_.counters().evicted, 100U);
  EXPECT_EQ(fdb_.counters().aged, 0U);
}

TEST_F(FdbTest, PortsThatAreEvenDoNotRobEachOther) {
  for (std::uint64_t i = 0; fdb_.size() < fdb_.capacity(); ++i) {
    hear(stranger(i), i % 2 == 0 ? p1 : p2);
  }
  EXPECT_EQ(hear(alice, p1), Learned::table_full);
  EXPECT_EQ(hear(bob, p2), Learned::table_full);
  EXPECT_EQ(hear(bob, p3), Learned::added);
}

// A small table is looked at whole.
TEST(Fdb, OldestOfThePortThatHasMostMakesWay) {
  Fdb fdb(6, seconds(300), 7);
  const TimePoint begin{std::chrono::hours(1)};
  const auto at = [&](int second) { return begin + seconds(second); };
  ASSERT_TRUE(fdb.add_static(alice, p2));
  fdb.learn(bob, p1, 0, at(0));  // the oldest of all, and of another port
  for (std::uint64_t i = 1; i <= 4; ++i) {
    fdb.learn(stranger(i), p2, 0, at(static_cast<int>(i)));
  }
  fdb.learn(stranger(1), p2, 0, at(5));
  EXPECT_EQ(fdb.learn(alice_in_10, p3, 0, at(5)), Learned::added);
  EXPECT_EQ(fdb.find(stranger(2), at(5)), std::nullopt) << "heard last at 2";
  EXPECT_EQ(fdb.find(bob, at(5)), p1);
  EXPECT_EQ(fdb.find(alice, at(5)), p2);
  // The port's own newcomer takes the place of its own oldest.
  EXPECT_EQ(fdb.learn(stranger(9), p2, 0, at(6)), Learned::added);
  EXPECT_EQ(fdb.find(stranger(3), at(6)), std::nullopt);
  EXPECT_EQ(fdb.count_on(p1), 1U);
  EXPECT_EQ(fdb.count_on(p2), 4U) << "one is static";
  EXPECT_EQ(fdb.count_on(p3), 1U);
  EXPECT_EQ(fdb.counters().evicted, 2U);
}

TEST(Fdb, LimitOfAPortHoldsInAFullTableToo) {
  Fdb fdb(4, seconds(300), 7);
  const TimePoint now{std::chrono::hours(1)};
  for (std::uint64_t i = 0; i < 4; ++i) {
    fdb.learn(stranger(i), i == 0 ? p1 : p2, 0, now);
  }
  EXPECT_EQ(fdb.learn(alice, p1, 1, now + seconds(5)), Learned::port_full);
  EXPECT_EQ(fdb.learn(alice, p1, 2, now + seconds(5)), Learned::added);
}

TEST_F(FdbTest, FullTableOfAgedStationsTakesNewOnesBeforeExpire) {
  fill(p1);
  pass(seconds(301));
  for (std::uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(hear(stranger(1'000'000 + i), p2), Learned::added) << i;
  }
  EXPECT_EQ(fdb_.size(), fdb_.capacity());
  EXPECT_EQ(fdb_.count_on(p2), 200U);
}

TEST_F(FdbTest, PortLimitHolds) {
  EXPECT_EQ(hear(stranger(1), p1, 2), Learned::added);
  EXPECT_EQ(hear(stranger(2), p1, 2), Learned::added);
  EXPECT_EQ(hear(stranger(3), p1, 2), Learned::port_full);
  EXPECT_EQ(hear(stranger(1), p1, 2), Learned::refreshed);
  EXPECT_EQ(hear(stranger(3), p2, 2), Learned::added) << "the limit is the port's own";
  EXPECT_EQ(hear(stranger(3), p1, 2), Learned::port_full) << "nor can a station move there";
  EXPECT_EQ(find(stranger(3)), p2);
  EXPECT_EQ(fdb_.counters().refused_port_full, 2U);
}

TEST_F(FdbTest, PortLimitCountsLearnedStationsOnly) {
  ASSERT_TRUE(fdb_.add_static(stranger(1), p1));
  EXPECT_EQ(hear(stranger(2), p1, 1), Learned::added);
  EXPECT_EQ(fdb_.count_on(p1), 2U);
}

TEST_F(FdbTest, RemovedStationMakesRoomOnItsPort) {
  hear(alice, p1, 1);
  EXPECT_TRUE(fdb_.remove(alice));
  EXPECT_EQ(hear(bob, p1, 1), Learned::added);
}

TEST_F(FdbTest, StaticEntryNeitherAgesNorMoves) {
  ASSERT_TRUE(fdb_.add_static(alice, p1));
  EXPECT_EQ(hear(alice, p2), Learned::fixed);
  EXPECT_EQ(hear(alice, p1), Learned::fixed);
  pass(std::chrono::hours(1'000));
  EXPECT_EQ(fdb_.expire(now_), 0U);
  EXPECT_EQ(find(alice), p1);
}

TEST_F(FdbTest, StaticEntryTakesThePlaceOfWhatWasLearned) {
  hear(alice, p1);
  ASSERT_TRUE(fdb_.add_static(alice, p2));
  EXPECT_EQ(find(alice), p2);
  EXPECT_EQ(fdb_.size(), 1U);
  EXPECT_EQ(fdb_.count_on(p1), 0U);
  ASSERT_TRUE(fdb_.add_static(alice, p3));
  EXPECT_EQ(find(alice), p3);
  EXPECT_EQ(fdb_.size(), 1U);
}

TEST_F(FdbTest, LearnedStationMakesWayForAStaticOneInAFullTable) {
  fill(p1);
  EXPECT_TRUE(fdb_.add_static(alice, p2));
  EXPECT_EQ(find(alice), p2);
  EXPECT_EQ(fdb_.size(), fdb_.capacity());
}

TEST_F(FdbTest, TableFullOfStaticEntriesRefusesOneMore) {
  for (std::uint64_t i = 0; i < fdb_.capacity(); ++i) {
    ASSERT_TRUE(fdb_.add_static(stranger(i), p1)) << i;
  }
  EXPECT_FALSE(fdb_.add_static(alice, p1));
  EXPECT_EQ(hear(alice, p1), Learned::table_full);
  EXPECT_EQ(fdb_.size(), fdb_.capacity());
}

TEST_F(FdbTest, RemoveSaysWhetherItWasThere) {
  hear(alice, p1);
  EXPECT_TRUE(fdb_.remove(alice));
  EXPECT_FALSE(fdb_.remove(alice));
  EXPECT_EQ(find(alice), std::nullopt);
  EXPECT_EQ(fdb_.size(), 0U);
}

TEST_F(FdbTest, FlushTakesWhatMatches) {
  const auto refill = [this] {
    fdb_.flush({});
    hear(alice, p1);
    hear(bob, p2);
    hear(alice_in_10, p1);
    EXPECT_TRUE(fdb_.add_static({10, bob.mac}, p1));
  };
  refill();
  EXPECT_EQ(fdb_.flush({}), 4U);
  refill();
  EXPECT_EQ(fdb_.flush({.port = p1}), 3U);
  EXPECT_EQ(find(bob), p2);
  refill();
  EXPECT_EQ(fdb_.flush({.vid = VlanId{10}}), 2U);
  EXPECT_EQ(fdb_.count_in(10), 0U);
  refill();
  EXPECT_EQ(fdb_.flush({.kind = StationKind::static_entry}), 1U);
  refill();
  EXPECT_EQ(fdb_.flush({.port = p1, .kind = StationKind::dynamic_entry}), 2U);
  refill();
  EXPECT_EQ(fdb_.flush({.port = p1, .vid = VlanId{10}}), 2U);
  refill();
  EXPECT_EQ(fdb_.flush({.mac = alice.mac}), 2U);
  refill();
  EXPECT_EQ(fdb_.flush({.port = p3}), 0U);
  EXPECT_EQ(fdb_.size(), 4U);
}

TEST_F(FdbTest, CapacityIsReachedWithAnySalt) {
  for (std::uint64_t salt = 0; salt < 20; ++salt) {
    Fdb fdb(16'384, seconds(300), salt);
    for (std::uint64_t i = 0; i < 16'384; ++i) {
      fdb.learn(stranger(i), p1, 0, now_);
    }
    EXPECT_EQ(fdb.size(), fdb.capacity()) << salt;
  }
}

TEST_F(FdbTest, SmallestTableHoldsOneStation) {
  Fdb fdb(1, seconds(300), 1);
  EXPECT_EQ(fdb.learn(alice, p1, 0, now_), Learned::added);
  EXPECT_EQ(fdb.learn(bob, p1, 0, now_), Learned::table_full);
}

}  // namespace fdb_test
}  // namespace tapswitch
