// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb_table.hpp"

#include <gtest/gtest.h>

namespace tapswitch {
namespace fdb_table_test {

constexpr Station alice{10, MacAddress(0x02'00'00'00'00'0a)};
constexpr Station bob{20, MacAddress(0x02'00'00'00'00'0b)};

FdbValue on_port(std::uint16_t port, std::uint32_t second = 0) {
  return FdbValue::of(static_cast<PortIndex>(port), StationKind::dynamic_entry, second);
}

TEST(FdbValue, FieldsDoNotTouchEachOther) {
  const auto value =
      FdbValue::of(static_cast<PortIndex>(0xfff), StationKind::static_entry, 0xffff'ffff);
  EXPECT_TRUE(value.is_in_use());
  EXPECT_TRUE(value.is_static());
  EXPECT_EQ(to_size(value.port()), 0xfffU);
  EXPECT_EQ(value.second(), 0xffff'ffffU);
  EXPECT_EQ(value.heard_at(5),
            FdbValue::of(static_cast<PortIndex>(0xfff), StationKind::static_entry, 5));
  EXPECT_FALSE(FdbValue().is_in_use());
}

TEST(FdbTable, HalfOfItStaysEmptyAndOneWindowIsTheLeast) {
  EXPECT_EQ(FdbTable(1, 0).slot_count(), FdbTable::window_size);
  EXPECT_EQ(FdbTable(16'384, 0).slot_count(), 32'768U);
  EXPECT_EQ(FdbTable(16'385, 0).slot_count(), 65'536U);
}

TEST(FdbTable, StationsOfAWindowAreFoundInEachOfItsSlots) {
  for (std::size_t i = 0; i < FdbTable::window_size; ++i) {
    FdbTable table(1'000, 42);
    const std::size_t slot = table.window_slot(alice, i);
    table.write(slot, alice, on_port(3));
    const auto found = table.find(alice);
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(found->slot, slot);
    EXPECT_EQ(to_size(found->value.port()), 3U);
  }
}

TEST(FdbTable, WindowOfTheLastBucketGoesOnAtTheFirst) {
  FdbTable table(1, 0);
  for (std::size_t i = 0; i < FdbTable::window_size; ++i) {
    EXPECT_LT(table.window_slot(alice, i), table.slot_count());
  }
}

TEST(FdbTable, RewrittenEntryBelongsToTheNewStationAlone) {
  FdbTable table(1, 7);
  // As often as it takes for the generation to come round.
  for (int i = 0; i < 300'000; ++i) {
    table.write(0, alice, on_port(1));
    ASSERT_FALSE(table.find(bob));
    ASSERT_TRUE(table.find(alice));
    table.write(0, bob, on_port(2));
    ASSERT_FALSE(table.find(alice));
    ASSERT_TRUE(table.find(bob));
  }
}

TEST(FdbTable, ClearedEntryIsNotFound) {
  FdbTable table(1, 7);
  table.write(0, alice, on_port(1));
  table.clear(0);
  EXPECT_FALSE(table.find(alice));
  EXPECT_FALSE(table.read(0));
  EXPECT_FALSE(table.value(0).is_in_use());
}

TEST(FdbTable, LateRefreshDoesNotTouchARewrittenEntry) {
  FdbTable table(1, 7);
  table.write(0, alice, on_port(1));
  const auto old = table.find(alice);
  ASSERT_TRUE(old);
  table.write(0, bob, on_port(1));
  table.refresh(0, old->value, old->value.heard_at(99));
  EXPECT_EQ(table.value(0).second(), 0U);
}

TEST(FdbTable, SaltDecidesWhereAStationIs) {
  const FdbTable one(100'000, 1);
  const FdbTable other(100'000, 2);
  EXPECT_NE(one.window_slot(alice, 0), other.window_slot(alice, 0));
}

TEST(FdbTable, ReadTellsTheStation) {
  FdbTable table(1, 7);
  table.write(5, bob, on_port(9, 11));
  const auto record = table.read(5);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->station, bob);
  EXPECT_EQ(record->value.second(), 11U);
}

}  // namespace fdb_table_test
}  // namespace tapswitch
