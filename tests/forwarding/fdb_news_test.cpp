// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb_news.hpp"

#include <gtest/gtest.h>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {
namespace fdb_news_test {

FdbNews news(std::uint64_t number) {
  return {.kind = FdbNews::Kind::learned,
          .station = {.vid = 1, .mac = MacAddress(0x0200'0000'0000 + number)},
          .port = PortIndex{}};
}

// Workers fill the box, and must not wait for memory.
TEST(FdbNewsBox, IsFilledWithoutTakingMemoryAndCountsWhatFindsNoRoom) {
  int wakes = 0;
  FdbNewsBox box;
  box.open([&] { ++wakes; }, FdbNewsBox::with_room());
  auto room = FdbNewsBox::with_room();
  const FdbNews* const memory = room.news.data();
  (void)box.take(std::move(room));
  for (std::size_t i = 0; i < FdbNewsBox::capacity + 5; ++i) {
    box.put(news(i));
  }
  const auto taken = box.take(FdbNewsBox::with_room());
  EXPECT_EQ(taken.news.data(), memory) << "the memory is that which it was given";
  ASSERT_EQ(taken.news.size(), FdbNewsBox::capacity);
  EXPECT_EQ(taken.news.back().station.mac, news(FdbNewsBox::capacity - 1).station.mac);
  EXPECT_EQ(taken.lost, 5U);
  EXPECT_EQ(wakes, 1);
  EXPECT_TRUE(box.is_empty());
  box.put(news(1));
  EXPECT_EQ(wakes, 2);
}

// As where there was no memory for it.
TEST(FdbNewsBox, WithoutRoomAllIsLostAndThatIsTold) {
  int wakes = 0;
  FdbNewsBox box;
  box.open([&] { ++wakes; }, {});
  for (std::uint64_t i = 0; i < 3; ++i) {
    box.put(news(i));
  }
  EXPECT_EQ(wakes, 1);
  const auto taken = box.take(FdbNewsBox::with_room());
  EXPECT_TRUE(taken.news.empty());
  EXPECT_EQ(taken.lost, 3U);
  box.put(news(4));
  EXPECT_EQ(box.take({}).news.size(), 1U);
}

TEST(FdbNewsBox, HasRoomAgainWheneverTheFdbIsAsked) {
  Fdb fdb(1'000, std::chrono::seconds(300), 0);
  fdb.start_news([] {});
  const TimePoint now{};
  for (std::uint64_t turn = 0; turn < 3; ++turn) {
    fdb.learn(news(turn).station, PortIndex{}, 0, now);
    EXPECT_EQ(fdb.take_news().news.size(), 1U);
    EXPECT_EQ(fdb.take_news().news.size(), 0U);
  }
}

}  // namespace fdb_news_test
}  // namespace tapswitch
