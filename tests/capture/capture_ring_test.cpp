// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/capture_ring.hpp"

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tapswitch::test {
namespace capture_ring_test {

// A record of 'size' bytes, each of which is 'mark'.
bool put(CaptureRing& ring, std::size_t size, std::uint8_t mark) {
  const std::span<std::byte> room = ring.reserve(size);
  if (room.empty()) {
    return false;
  }
  EXPECT_EQ(room.size(), size);
  std::memset(room.data(), mark, size);
  ring.commit();
  return true;
}

// Takes the oldest record, which must be such a one.
void expect(CaptureRing& ring, std::size_t size, std::uint8_t mark) {
  const std::span<const std::byte> record = ring.front();
  ASSERT_EQ(record.size(), size);
  for (const std::byte each : record) {
    ASSERT_EQ(std::to_integer<std::uint8_t>(each), mark);
  }
  ring.pop();
}

TEST(CaptureRing, RecordsComeOutInTheirOrder) {
  CaptureRing ring(1'024);
  EXPECT_TRUE(ring.front().empty());
  ASSERT_TRUE(put(ring, 1, 1));
  ASSERT_TRUE(put(ring, 100, 2));
  expect(ring, 1, 1);
  expect(ring, 100, 2);
  EXPECT_TRUE(ring.front().empty());
}

TEST(CaptureRing, RecordThatIsNotCommittedIsNotThere) {
  CaptureRing ring(1'024);
  ASSERT_FALSE(ring.reserve(10).empty());
  EXPECT_TRUE(ring.front().empty());
}

TEST(CaptureRing, FullRingRefusesUntilSomethingIsTakenOut) {
  CaptureRing ring(256);
  std::uint8_t count = 0;
  while (put(ring, 40, count)) {
    ++count;
  }
  EXPECT_EQ(count, 256 / (40 + 8));
  expect(ring, 40, 0);
  EXPECT_TRUE(put(ring, 40, count));
  EXPECT_FALSE(put(ring, 40, 0));
}

TEST(CaptureRing, RecordLargerThanTheRingIsRefused) {
  CaptureRing ring(256);
  EXPECT_FALSE(put(ring, 256, 1));
  EXPECT_TRUE(put(ring, 248, 1));
}

TEST(CaptureRing, RecordsOfAllSizesCrossBetweenThreads) {
  constexpr int records = 20'000;
  CaptureRing ring(65'536);
  std::thread reader([&ring] {
    std::mt19937 sizes(1);
    for (int i = 0; i < records;) {
      if (ring.front().empty()) {
        std::this_thread::yield();
        continue;
      }
      expect(ring, 1 + sizes() % 500, static_cast<std::uint8_t>(i));
      ++i;
    }
  });
  std::mt19937 sizes(1);
  for (int i = 0; i < records; ++i) {
    const std::size_t size = 1 + sizes() % 500;
    while (!put(ring, size, static_cast<std::uint8_t>(i))) {
      std::this_thread::yield();
    }
  }
  reader.join();
  EXPECT_TRUE(ring.front().empty());
}

}  // namespace capture_ring_test
}  // namespace tapswitch::test
