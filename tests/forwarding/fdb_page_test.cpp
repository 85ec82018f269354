// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {
namespace fdb_page_test {

using std::chrono::seconds;

Station station(std::uint64_t number) {
  return {static_cast<VlanId>(1 + number % 3), MacAddress(0x02'00'00'00'00'00 + number)};
}

PortIndex port_of(std::uint64_t number) { return static_cast<PortIndex>(number % 5); }

class FdbPageTest : public testing::Test {
 protected:
  void learn(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ(fdb_.learn(station(i), port_of(i), 0, now_), Learned::added);
    }
  }

  // Page after page; the addresses that were listed.
  std::multiset<std::uint64_t> list(const Fdb::Filter& filter, std::size_t limit) {
    std::multiset<std::uint64_t> seen;
    std::optional<std::size_t> cursor = 0;
    while (cursor) {
      const Fdb::Page page = fdb_.page(filter, *cursor, limit, now_);
      EXPECT_LE(page.entries.size(), limit);
      for (const FdbEntry& entry : page.entries) {
        seen.insert(entry.station.mac.bits() & 0xffff'ffff);
        EXPECT_EQ(entry.station, station(entry.station.mac.bits() & 0xffff'ffff));
        EXPECT_EQ(entry.port, port_of(entry.station.mac.bits() & 0xffff'ffff));
      }
      cursor = page.next_cursor;
    }
    return seen;
  }

  Fdb fdb_{100'000, seconds(300), 42};
  TimePoint now_{std::chrono::hours(1)};
};

TEST_F(FdbPageTest, EachStationIsListedOnceWhateverThePageSize) {
  learn(1'000);
  for (const std::size_t limit : {1U, 7U, 1'000U, 1'000'000U}) {
    const auto seen = list({}, limit);
    EXPECT_EQ(seen.size(), 1'000U) << limit;
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 1'000U) << limit;
  }
}

TEST_F(FdbPageTest, FilterHolds) {
  learn(1'000);
  EXPECT_EQ(list({.port = PortIndex{2}}, 10).size(), 200U);
  EXPECT_EQ(list({.vid = VlanId{1}}, 10).size(), 334U);
  EXPECT_EQ(list({.mac = station(7).mac}, 10), (std::multiset<std::uint64_t>{7}));
  EXPECT_EQ(list({.kind = StationKind::static_entry}, 10).size(), 0U);
}

TEST_F(FdbPageTest, OneCallLooksAtABoundedNumberOfSlots) {
  // 100,000 stations have 262,144 slots.
  EXPECT_EQ(fdb_.page({}, 0, 10, now_).next_cursor, Fdb::page_slots);
}

TEST_F(FdbPageTest, EntriesTellKindAndAge) {
  fdb_.learn(station(5), port_of(5), 0, now_);
  ASSERT_TRUE(fdb_.add_static(station(6), port_of(6)));
  now_ += seconds(42);
  const auto only = [&](std::uint64_t number) {
    std::optional<std::size_t> cursor = 0;
    while (cursor) {
      const Fdb::Page page = fdb_.page({.mac = station(number).mac}, *cursor, 1, now_);
      if (!page.entries.empty()) {
        return page.entries.front();
      }
      cursor = page.next_cursor;
    }
    ADD_FAILURE() << "not listed";
    return FdbEntry{};
  };
  EXPECT_EQ(only(5).kind, StationKind::dynamic_entry);
  EXPECT_EQ(only(5).age, seconds(42));
  EXPECT_EQ(only(6).kind, StationKind::static_entry);
  EXPECT_EQ(only(6).age, seconds(0));
}

TEST_F(FdbPageTest, AgedStationsAreNotListed) {
  learn(10);
  now_ += seconds(301);
  EXPECT_TRUE(list({}, 100).empty());
  EXPECT_EQ(fdb_.size(), 10U);
}

TEST_F(FdbPageTest, CursorBeyondTheEndIsTheEnd) {
  learn(10);
  const Fdb::Page page = fdb_.page({}, Fdb::all_slots, 10, now_);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_EQ(page.next_cursor, std::nullopt);
}

}  // namespace fdb_page_test
}  // namespace tapswitch
