// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb_mirror.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {
namespace fdb_mirror_test {

constexpr Station alice{1, MacAddress(0x0200'0000'000a)};
constexpr Station bob{10, MacAddress(0x0200'0000'000b)};
constexpr PortIndex p1{1};
constexpr PortIndex p2{2};
constexpr std::uint32_t begin = 1'000;

TimePoint at(std::uint32_t second) { return TimePoint(std::chrono::seconds(second)); }

// Remembers all that it is told, and has heard what a test says it has.
class Notebook final : public FdbMirror {
 public:
  void put(Station station, PortIndex port, StationKind kind,
           std::uint32_t second) noexcept override {
    ports[key_of(station)] = port;
    is_fixed = kind == StationKind::static_entry;
    last_second = second;
  }
  void remove(Station station) noexcept override { ports.erase(key_of(station)); }
  void set_ageing(std::uint32_t seconds) noexcept override { ageing = seconds; }
  [[nodiscard]] std::optional<std::uint32_t> heard(Station /*station*/) const noexcept override {
    return last_heard;
  }

  [[nodiscard]] std::optional<PortIndex> port_of(Station station) const {
    const auto found = ports.find(key_of(station));
    return found == ports.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::pair<VlanId, MacAddress>, PortIndex> ports;
  bool is_fixed = false;
  std::uint32_t last_second = 0;
  std::uint32_t ageing = 0;
  std::optional<std::uint32_t> last_heard;

 private:
  static std::pair<VlanId, MacAddress> key_of(Station station) {
    return {station.vid, station.mac};
  }
};

class FdbMirrorTest : public testing::Test {
 protected:
  FdbMirrorTest() { fdb_.learn(alice, p1, 0, at(begin)); }

  void mirror() { fdb_.set_mirror(&notebook_); }

  Notebook notebook_;
  Fdb fdb_{100, std::chrono::seconds(300), 1};
};

TEST_F(FdbMirrorTest, HasWhatWasKnownBefore) {
  mirror();
  EXPECT_EQ(notebook_.port_of(alice), p1);
  EXPECT_EQ(notebook_.last_second, begin);
  EXPECT_FALSE(notebook_.is_fixed);
  EXPECT_EQ(notebook_.ageing, 300U);
}

TEST_F(FdbMirrorTest, IsToldOfEachChange) {
  mirror();
  fdb_.learn(bob, p1, 0, at(begin));
  EXPECT_EQ(notebook_.port_of(bob), p1);
  fdb_.learn(bob, p2, 0, at(begin + 1));
  EXPECT_EQ(notebook_.port_of(bob), p2);
  EXPECT_EQ(notebook_.last_second, begin + 1);
  ASSERT_TRUE(fdb_.add_static(bob, p1));
  EXPECT_EQ(notebook_.port_of(bob), p1);
  EXPECT_TRUE(notebook_.is_fixed);
  fdb_.remove(bob);
  EXPECT_EQ(notebook_.port_of(bob), std::nullopt);
  fdb_.flush({.port = p1});
  EXPECT_TRUE(notebook_.ports.empty());
  fdb_.set_ageing(std::chrono::seconds(10));
  EXPECT_EQ(notebook_.ageing, 10U);
}

TEST_F(FdbMirrorTest, IsToldOfWhatAgesOut) {
  mirror();
  fdb_.expire(at(begin + 301));
  EXPECT_TRUE(notebook_.ports.empty());
}

TEST_F(FdbMirrorTest, StationThatTheMirrorHearsStays) {
  mirror();
  notebook_.last_heard = begin + 200;
  EXPECT_EQ(fdb_.find(alice, at(begin + 400)), p1);
  EXPECT_EQ(fdb_.would_learn(alice, p1, 0, at(begin + 400)), Learned::refreshed);
  EXPECT_EQ(fdb_.expire(at(begin + 400)), 0U);
  const auto page = fdb_.page({}, 0, 10, at(begin + 400));
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].age, std::chrono::seconds(200));
  EXPECT_EQ(fdb_.find(alice, at(begin + 501)), std::nullopt);
  EXPECT_EQ(fdb_.expire(at(begin + 501)), 1U);
}

TEST_F(FdbMirrorTest, StationThatWasHeardByBothAgesFromTheLastTime) {
  mirror();
  notebook_.last_heard = begin + 200;
  EXPECT_EQ(fdb_.learn(alice, p1, 0, at(begin + 400)), Learned::refreshed);
  EXPECT_EQ(fdb_.find(alice, at(begin + 690)), p1);
  EXPECT_EQ(fdb_.counters().added, 1U);
}

TEST_F(FdbMirrorTest, OldNewsOfTheMirrorMakesNobodyOlder) {
  mirror();
  notebook_.last_heard = begin - 100;
  EXPECT_EQ(fdb_.page({}, 0, 10, at(begin + 1)).entries.at(0).age, std::chrono::seconds(1));
}

TEST_F(FdbMirrorTest, IsToldNothingOnceItIsTakenAway) {
  mirror();
  fdb_.set_mirror(nullptr);
  fdb_.remove(alice);
  EXPECT_EQ(notebook_.port_of(alice), p1);
}

}  // namespace fdb_mirror_test
}  // namespace tapswitch
