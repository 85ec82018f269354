// SPDX-License-Identifier: Apache-2.0
// The FDB against a naive model, a std::map, over random sequences of operations.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {
namespace fdb_property_test {

using std::chrono::seconds;

constexpr seconds ageing{10};
constexpr std::size_t capacity = 12;
constexpr std::uint32_t port_limit = 5;

// Says what the FDB must answer. Whoever has aged out is forgotten at once; so the model is kept by
// calling expire() on the FDB after each step of time.
class Model {
 public:
  // Nullopt where one of several must make way and the model cannot know which.
  std::optional<Learned> learn(Station station, PortIndex port, seconds now) {
    const auto known = entries_.find(key(station));
    if (known == entries_.end()) {
      const auto leaving = entries_.size() >= capacity ? who_may_leave(port, now) : Entries();
      if (entries_.size() >= capacity && leaving.empty()) {
        return Learned::table_full;
      }
      if (learned_on(port) >= port_limit) {
        return Learned::port_full;
      }
      if (leaving.size() > 1) {
        return std::nullopt;
      }
      std::ranges::for_each(leaving, [&](const Key& each) { entries_.erase(each); });
      entries_[key(station)] = {port, false, now};
      return Learned::added;
    }
    Entry& entry = known->second;
    if (entry.is_static) {
      return Learned::fixed;
    }
    if (entry.port != port && learned_on(port) >= port_limit) {
      return Learned::port_full;
    }
    const bool is_moved = std::exchange(entry.port, port) != port;
    entry.heard = now;
    return is_moved ? Learned::moved : Learned::refreshed;
  }

  std::optional<PortIndex> find(Station station) const {
    const auto known = entries_.find(key(station));
    return known == entries_.end() ? std::nullopt : std::optional(known->second.port);
  }

  // Nullopt where a learned station must make way and the model cannot know which.
  std::optional<bool> add_static(Station station, PortIndex port) {
    if (!entries_.contains(key(station)) && entries_.size() >= capacity) {
      return std::nullopt;
    }
    entries_[key(station)] = {port, true, {}};
    return true;
  }

  bool remove(Station station) { return entries_.erase(key(station)) != 0; }

  std::size_t flush(const Fdb::Filter& filter) {
    return std::erase_if(entries_, [&](const auto& item) {
      const auto& [station, entry] = item;
      return (!filter.port || *filter.port == entry.port) &&
             (!filter.vid || *filter.vid == station.first) &&
             (!filter.kind || (*filter.kind == StationKind::static_entry) == entry.is_static);
    });
  }

  std::size_t expire(seconds now) {
    return std::erase_if(entries_, [&](const auto& item) {
      return !item.second.is_static && now - item.second.heard > ageing;
    });
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  [[nodiscard]] std::size_t count_on(PortIndex port) const {
    return count_if([&](const auto& item) { return item.second.port == port; });
  }

  [[nodiscard]] std::size_t count_in(VlanId vid) const {
    return count_if([&](const auto& item) { return item.first.first == vid; });
  }

 private:
  struct Entry {
    PortIndex port{};
    bool is_static = false;
    seconds heard{};
  };
  using Key = std::pair<VlanId, MacAddress>;
  using Entries = std::vector<Key>;

  // The oldest of the port that has most, for a newcomer on 'port'; several if they are equal.
  [[nodiscard]] Entries who_may_leave(PortIndex port, seconds now) const {
    Entries leaving;
    std::pair<std::size_t, seconds> most;
    for (const auto& [station, entry] : entries_) {
      const std::pair rank(learned_on(entry.port), now - entry.heard);
      if (entry.is_static ||
          !(entry.port == port ? rank.second > seconds(0) : rank.first >= learned_on(port) + 2)) {
        continue;
      }
      if (leaving.empty() || rank > most) {
        leaving.clear();
        most = rank;
      }
      if (rank == most) {
        leaving.push_back(station);
      }
    }
    return leaving;
  }

  static Key key(Station station) { return {station.vid, station.mac}; }

  [[nodiscard]] std::size_t learned_on(PortIndex port) const {
    return count_if(
        [&](const auto& item) { return item.second.port == port && !item.second.is_static; });
  }

  template <typename Predicate>
  [[nodiscard]] std::size_t count_if(Predicate predicate) const {
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), predicate));
  }

  std::map<Key, Entry> entries_;
};

Station any_station() {
  return {*rc::gen::inRange<VlanId>(1, 4), MacAddress(*rc::gen::inRange<std::uint64_t>(1, 12))};
}

PortIndex any_port() { return static_cast<PortIndex>(*rc::gen::inRange(0, 4)); }

// One side of a Filter, given or not.
template <typename Value>
std::optional<Value> perhaps(Value value) {
  return *rc::gen::arbitrary<bool>() ? std::optional(value) : std::nullopt;
}

class Comparison {
 public:
  explicit Comparison(std::uint64_t salt) : fdb_(capacity, ageing, salt) {}

  void step() {
    const Station station = any_station();
    const PortIndex port = any_port();
    switch (*rc::gen::weightedElement<int>({{10, 0}, {2, 1}, {1, 2}, {1, 3}, {3, 4}})) {
      case 0:
        // Asked first, so as not to do what the model cannot follow; likewise below.
        if (const auto expected = model_.learn(station, port, now_)) {
          RC_ASSERT(fdb_.learn(station, port, port_limit, time()) == *expected);
        }
        break;
      case 1:
        if (const auto expected = model_.add_static(station, port)) {
          RC_ASSERT(fdb_.add_static(station, port) == *expected);
        }
        break;
      case 2:
        RC_ASSERT(fdb_.remove(station) == model_.remove(station));
        break;
      case 3:
        flush({.port = perhaps(port),
               .vid = perhaps(station.vid),
               .kind = perhaps(StationKind::dynamic_entry)});
        break;
      default:
        pass(seconds(*rc::gen::inRange(1, 8)));
        break;
    }
    compare(station, port);
  }

 private:
  [[nodiscard]] TimePoint time() const { return TimePoint(now_); }

  void flush(const Fdb::Filter& filter) { RC_ASSERT(fdb_.flush(filter) == model_.flush(filter)); }

  void pass(seconds duration) {
    now_ += duration;
    RC_ASSERT(fdb_.expire(time()) == model_.expire(now_));
  }

  void compare(Station station, PortIndex port) {
    RC_ASSERT(fdb_.find(station, time()) == model_.find(station));
    RC_ASSERT(fdb_.size() == model_.size());
    RC_ASSERT(fdb_.size() <= capacity);
    RC_ASSERT(fdb_.count_on(port) == model_.count_on(port));
    RC_ASSERT(fdb_.count_in(station.vid) == model_.count_in(station.vid));
    RC_ASSERT(fdb_.page({}, 0, 2 * capacity, time()).entries.size() == model_.size());
  }

  Fdb fdb_;
  Model model_;
  seconds now_{1'000};
};

TEST(FdbProperty, AnswersAsAMapWould) {
  EXPECT_TRUE(rc::check([] {
    Comparison comparison(*rc::gen::arbitrary<std::uint64_t>());
    const int steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      comparison.step();
    }
  }));
}

// Without expire(), and with more stations than there is room for.
TEST(FdbProperty, LimitsAreNeverExceeded) {
  EXPECT_TRUE(rc::check([] {
    Fdb fdb(capacity, ageing, *rc::gen::arbitrary<std::uint64_t>());
    TimePoint now{};
    const int steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      const Station station = any_station();
      const PortIndex port = any_port();
      const Learned learned = fdb.learn(station, port, port_limit, now);
      RC_ASSERT(fdb.size() <= capacity);
      RC_ASSERT(fdb.count_on(port) <= port_limit);
      const bool is_known = learned != Learned::table_full && learned != Learned::port_full;
      RC_ASSERT(!is_known || fdb.find(station, now) == port);
      now += seconds(*rc::gen::inRange(0, 4));
    }
  }));
}

}  // namespace fdb_property_test
}  // namespace tapswitch
