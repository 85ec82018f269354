// SPDX-License-Identifier: Apache-2.0
// Threads that read, learn, move and flush at the same time. Each station is only ever heard on one
// of two ports that are its own, so that whoever gets another port has read half of two entries.
// The thread sanitizer runs this too.
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {
namespace fdb_concurrency_test {

constexpr std::uint64_t station_count = 64;
constexpr int rounds = 40'000;

Station station(std::uint64_t number) { return {1, MacAddress(0x02'00'00'00'00'00 + number)}; }

PortIndex port_of(std::uint64_t number, bool second) {
  return static_cast<PortIndex>(2 * number + (second ? 1 : 0));
}

bool is_own(std::uint64_t number, PortIndex port) { return to_size(port) / 2 == number; }

class FdbConcurrencyTest : public testing::Test {
 protected:
  // A table so small that slots change hands all the time.
  Fdb fdb_{32, std::chrono::seconds(2), 42};
  std::atomic<int> wrong_ = 0;

  void learn(unsigned seed) {
    std::minstd_rand random(seed);
    TimePoint now{};
    for (int i = 0; i < rounds; ++i) {
      const std::uint64_t number = random() % station_count;
      fdb_.learn(station(number), port_of(number, random() % 2 == 0), 0, now);
      now += std::chrono::milliseconds(random() % 20);
      const auto found = fdb_.find(station(number), now);
      wrong_ += found && !is_own(number, *found) ? 1 : 0;
    }
  }

  void read(unsigned seed, const std::atomic<bool>& is_over) {
    std::minstd_rand random(seed);
    while (!is_over.load()) {
      const std::uint64_t number = random() % station_count;
      const auto found = fdb_.find(station(number), TimePoint{});
      wrong_ += found && !is_own(number, *found) ? 1 : 0;
    }
  }

  void control(const std::atomic<bool>& is_over) {
    std::minstd_rand random(99);
    TimePoint now{};
    while (!is_over.load()) {
      const std::uint64_t number = random() % station_count;
      fdb_.flush({.port = port_of(number, false)});
      fdb_.expire(now, 16);
      fdb_.remove(station(number));
      for (const FdbEntry& entry : fdb_.page({}, 0, 100, now).entries) {
        const std::uint64_t listed = entry.station.mac.bits() & 0xffff;
        wrong_ += is_own(listed, entry.port) ? 0 : 1;
      }
      now += std::chrono::milliseconds(10);
    }
  }
};

TEST_F(FdbConcurrencyTest, NobodyEverReadsHalfAnEntry) {
  std::atomic<bool> is_over = false;
  std::vector<std::thread> others;
  others.emplace_back([&] { read(1, is_over); });
  others.emplace_back([&] { control(is_over); });
  {
    std::vector<std::thread> learners;
    for (unsigned seed = 10; seed < 13; ++seed) {
      learners.emplace_back([this, seed] { learn(seed); });
    }
    for (std::thread& learner : learners) {
      learner.join();
    }
  }
  is_over = true;
  for (std::thread& other : others) {
    other.join();
  }
  EXPECT_EQ(wrong_, 0);
  EXPECT_LE(fdb_.size(), fdb_.capacity());
}

TEST_F(FdbConcurrencyTest, CountsAgreeWithTheEntriesInTheEnd) {
  std::atomic<bool> is_over = false;
  std::thread controller([&] { control(is_over); });
  std::thread one([this] { learn(1); });
  std::thread other([this] { learn(2); });
  one.join();
  other.join();
  is_over = true;
  controller.join();

  std::size_t on_ports = 0;
  for (std::size_t port = 0; port < 2 * station_count; ++port) {
    on_ports += fdb_.count_on(static_cast<PortIndex>(port));
  }
  EXPECT_EQ(on_ports, fdb_.size());
  EXPECT_EQ(fdb_.count_in(1), fdb_.size());
  EXPECT_EQ(fdb_.flush({}), on_ports);
  EXPECT_EQ(fdb_.size(), 0U);
}

}  // namespace fdb_concurrency_test
}  // namespace tapswitch
