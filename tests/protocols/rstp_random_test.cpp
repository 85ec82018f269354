// SPDX-License-Identifier: Apache-2.0
// Networks of up to 30 bridges and 80 links or shared LANs, made by chance, whose links fail and
// come back: in the end there is exactly one way, within the times of the standard.
#include <gtest/gtest.h>

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

TEST(RstpRandom, PointToPointNetworksHaveOneWayAndNeverTwo) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
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
    ASSERT_EQ(lab.rings(), 0U);
  }
}

TEST(RstpRandom, NetworksWithSharedLansHaveOneWay) {
  for (std::uint64_t seed = 101; seed <= 130; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance{std::mt19937_64(seed)};
    TreeLab lab(seed);
    const auto lans = build(lab, chance, true);
    lab.run(70s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    fail_and_mend(lab, chance, lans);
    lab.run(120s);
    ASSERT_EQ(lab.fault_of_tree(), "");
    ASSERT_EQ(lab.rings(), 0U);
  }
}

}  // namespace
}  // namespace tapswitch::test
