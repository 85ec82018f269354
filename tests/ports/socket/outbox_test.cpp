// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/outbox.hpp"

#include <deque>
#include <vector>

#include <gtest/gtest.h>

namespace tapswitch {
namespace outbox_test {

std::vector<std::byte> counting_up(std::size_t size, unsigned& next) {
  std::vector<std::byte> bytes(size);
  for (std::byte& octet : bytes) {
    octet = static_cast<std::byte>(next++);
  }
  return bytes;
}

std::vector<std::byte> all_of(const Outbox& outbox) {
  std::vector<std::byte> bytes;
  for (const auto part : outbox.contents()) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

TEST(Outbox, HasRoomForItsCapacityAndNotForMore) {
  Outbox outbox(10);
  EXPECT_TRUE(outbox.is_empty());
  EXPECT_TRUE(outbox.has_room_for(10));
  EXPECT_FALSE(outbox.has_room_for(11));
  unsigned next = 0;
  outbox.push(counting_up(7, next));
  EXPECT_TRUE(outbox.has_room_for(3));
  EXPECT_FALSE(outbox.has_room_for(4));
  outbox.clear();
  EXPECT_TRUE(outbox.is_empty());
  EXPECT_TRUE(outbox.has_room_for(10));
}

TEST(Outbox, BytesLeaveInTheOrderInWhichTheyCameAlsoAroundTheEdge) {
  Outbox outbox(10);
  std::deque<std::byte> model;
  unsigned next = 0;
  for (std::size_t turn = 0; turn < 100; ++turn) {
    const std::size_t size = turn * 7 % 6;
    if (outbox.has_room_for(size)) {
      const auto bytes = counting_up(size, next);
      outbox.push(bytes);
      model.insert(model.end(), bytes.begin(), bytes.end());
    }
    ASSERT_EQ(all_of(outbox), std::vector(model.begin(), model.end()));
    const std::size_t taken = std::min(model.size(), turn * 5 % 4);
    outbox.pop(taken);
    model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(taken));
    ASSERT_EQ(outbox.is_empty(), model.empty());
  }
}

}  // namespace outbox_test
}  // namespace tapswitch
