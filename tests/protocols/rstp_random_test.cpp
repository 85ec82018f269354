// SPDX-License-Identifier: Apache-2.0
// Networks of up to 30 bridges and 80 links or shared LANs, made by chance, whose links fail and
// come back: in the end there is exactly one way, within the times of the standard, and meanwhile
// no two ways for longer than a BPDU travels. That long an agreement may be older than what it
// answers: so it was in 3 of 1,500 networks.
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/protocols/tree_lab.hpp"

namespace tapswitch::test {
namespace {

using namespace std::chrono_literals;

struct Chance {
  std::mt19937_64 random;

  std::size_t below(std::size_t end) { return random() % end; }
};

// Builds a network that hangs together. Returns the names of its LANs.
std::vector<std::string> build(TreeLab& lab, Chance& chance, bool has_shared) {
  const std::size_t bridges = 2 + chance.below(29);
  std::vector<int> ports(bridges);
  std::vector<std::string> lans;
  const auto name_of = [](std::size_t bridge) { return static_cast<char>('A' + bridge); };
  for (std::size_t i = 0; i < bridges; ++i) {
    lab.add_bridge(name_of(i), {.priority = static_cast<std::uint16_t>(4'096 * chance.below(16))});
  }
  const auto port_of = [&](std::size_t bridge) {
    return name_of(bridge) + std::to_string(++ports[bridge]);
  };
  const std::size_t count = std::min<std::size_t>(80, bridges + chance.below(51));
  for (std::size_t i = 0; i < count; ++i) {
    // The first ones make a tree of all.
    const std::size_t one = i + 1 < bridges ? i + 1 : chance.below(bridges);
    const std::size_t other = i + 1 < bridges ? chance.below(i + 1) : chance.below(bridges);
    std::vector<std::string> members{port_of(one), port_of(other)};
    if (has_shared && chance.below(8) == 0) {
      members.push_back(port_of(chance.below(bridges)));
    }
    if (chance.below(3) == 0) {
      lab.say("port " + members[0] + " cost " + std::to_string(2'000 * (1 + chance.below(100))));
    }
    lans.push_back("lan" + std::to_string(i));
    lab.add_lan(lans.back(), members);
  }
  return lans;
}

void fail_and_mend(TreeLab& lab, Chance& chance, const std::vector<std::string>& lans) {
  for (int round = 0; round < 4; ++round) {
    std::vector<std::string> cut;
    for (std::size_t i = 0; i < 1 + chance.below(3); ++i) {
      cut.push_back(lans[chance.below(lans.size())]);
      lab.cut(cut.back());
      lab.run(std::chrono::milliseconds(chance.below(200)));
    }
    lab.run(std::chrono::milliseconds(chance.below(20'000)));
    for (const std::string& lan : cut) {
      lab.mend(lan);
      lab.run(std::chrono::milliseconds(chance.below(200)));
    }
    lab.run(std::chrono::milliseconds(chance.below(20'000)));
  }
}

// Longer than any BPDU of a tree_lab travels, twice.
constexpr std::chrono::microseconds there_and_back{2'100};

std::vector<std::uint64_t> seeds_from(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

TEST(RstpRandom, PointToPointNetworksHaveOneWayAndNeverTwo) {
  std::vector<std::uint64_t> seeds = seeds_from(1, 50);
  // In these, ports that were held back took older agreements for newer ones, for a second.
  seeds.insert(seeds.end(), {117, 673, 1'085, 1'134, 1'197});
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance{std::mt19937_64(seed)};
    TreeLab lab(seed);
    const auto lans = build(lab, chance, false);
    lab.run(10s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    fail_and_mend(lab, chance, lans);
    const auto before = lab.time();
    lab.run(60s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    ASSERT_LE((lab.last_change() - before).count(), 30'000) << "max age and some hellos";
    ASSERT_LE(lab.longest_ring(), there_and_back);
  }
}

TEST(RstpRandom, NetworksWithSharedLansHaveOneWay) {
  std::vector<std::uint64_t> seeds = seeds_from(101, 25);
  seeds.push_back(1'047);
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance{std::mt19937_64(seed)};
    TreeLab lab(seed);
    const auto lans = build(lab, chance, true);
    lab.run(70s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    fail_and_mend(lab, chance, lans);
    lab.run(120s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    ASSERT_LE(lab.longest_ring(), there_and_back);
  }
}

}  // namespace
}  // namespace tapswitch::test
