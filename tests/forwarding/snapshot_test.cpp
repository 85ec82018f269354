// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/snapshot.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace tapswitch {
namespace snapshot_test {

using Rules = std::vector<std::optional<PortRule>>;

PortRule access(VlanId vid) { return {.vlan = {.mode = PortMode::access, .pvid = vid}}; }

PortRule trunk(std::string_view allowed, VlanId native = no_vlan) {
  return {.vlan = {
              .mode = PortMode::trunk, .pvid = native, .allowed = VlanSet::parse(allowed).value()}};
}

std::vector<int> members(const Snapshot& snapshot, VlanId vid) {
  std::vector<int> result;
  for (const PortIndex port : snapshot.flood_list(vid)) {
    result.push_back(static_cast<int>(to_size(port)));
  }
  return result;
}

TEST(Snapshot, WithoutPortsNothingIsFlooded) {
  const Snapshot snapshot;
  EXPECT_FALSE(snapshot.has_port(PortIndex{0}));
  EXPECT_TRUE(snapshot.flood_list(1).empty());
  EXPECT_TRUE(Snapshot(SwitchRule{}, Rules{}).flood_list(1).empty());
}

TEST(Snapshot, GapsBetweenPortsAreNoPorts) {
  const Snapshot snapshot(SwitchRule{}, Rules{std::nullopt, access(1), std::nullopt, access(1)});
  EXPECT_FALSE(snapshot.has_port(PortIndex{0}));
  EXPECT_TRUE(snapshot.has_port(PortIndex{1}));
  EXPECT_FALSE(snapshot.has_port(PortIndex{2}));
  EXPECT_FALSE(snapshot.has_port(PortIndex{4}));
  EXPECT_FALSE(snapshot.has_port(PortIndex{0xffff}));
  EXPECT_EQ(members(snapshot, 1), (std::vector<int>{1, 3}));
}

TEST(Snapshot, VlansWithTheSameMembersShareOneList) {
  const Snapshot snapshot(SwitchRule{}, Rules{trunk("1-4094"), trunk("10-20"), trunk("15-30")});
  EXPECT_EQ(snapshot.flood_list(1).data(), snapshot.flood_list(4094).data());
  EXPECT_EQ(snapshot.flood_list(10).data(), snapshot.flood_list(14).data());
  EXPECT_EQ(snapshot.flood_list(15).data(), snapshot.flood_list(20).data());
  EXPECT_NE(snapshot.flood_list(14).data(), snapshot.flood_list(15).data());
  EXPECT_EQ(members(snapshot, 1), (std::vector<int>{0}));
  EXPECT_EQ(members(snapshot, 10), (std::vector<int>{0, 1}));
  EXPECT_EQ(members(snapshot, 20), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(members(snapshot, 21), (std::vector<int>{0, 2}));
}

TEST(Snapshot, AccessPortsStandInOrderAmongTheTrunks) {
  const Snapshot snapshot(SwitchRule{}, Rules{access(10), trunk("1-4094"), access(20), access(10),
                                              trunk("10"), access(10)});
  EXPECT_EQ(members(snapshot, 10), (std::vector<int>{0, 1, 3, 4, 5}));
  EXPECT_EQ(members(snapshot, 20), (std::vector<int>{1, 2}));
  EXPECT_EQ(members(snapshot, 30), (std::vector<int>{1}));
}

TEST(Snapshot, NativeVlanBelongsToATrunkThoughNotListed) {
  const Snapshot snapshot(SwitchRule{}, Rules{trunk("20", 10)});
  const PortView& port = snapshot.port(PortIndex{0});
  EXPECT_TRUE(port.carries(10));
  EXPECT_TRUE(port.carries(20));
  EXPECT_FALSE(port.carries(30));
  EXPECT_FALSE(port.sends_tagged(10));
  EXPECT_TRUE(port.sends_tagged(20));
  EXPECT_EQ(members(snapshot, 10), (std::vector<int>{0}));
}

TEST(Snapshot, TaggedNativeVlanLeavesTagged) {
  PortRule rule = trunk("20", 10);
  rule.vlan.native_tagged = true;
  const Snapshot snapshot(SwitchRule{}, Rules{rule});
  EXPECT_TRUE(snapshot.port(PortIndex{0}).sends_tagged(10));
}

TEST(Snapshot, AllowedSetOfAnAccessPortMeansNothing) {
  PortRule rule = access(10);
  rule.vlan.allowed = VlanSet::all();
  const Snapshot snapshot(SwitchRule{}, Rules{rule});
  EXPECT_TRUE(snapshot.port(PortIndex{0}).carries(10));
  EXPECT_FALSE(snapshot.port(PortIndex{0}).carries(20));
  EXPECT_TRUE(snapshot.flood_list(20).empty());
}

TEST(Snapshot, ViewTellsWhatTheRuleSays) {
  const PortRule rule{
      .vlan = {.mode = PortMode::tunnel,
               .pvid = 100,
               .tunnel_type = TagType::customer,
               .acceptable = AcceptableFrames::tagged},
      .flood = {.unknown_unicast = false, .multicast = true, .broadcast = false},
      .learning = false,
      .isolated = true,
      .hairpin = true,
      .fdb_limit = 7,
  };
  const Snapshot snapshot(SwitchRule{.forwarded_reserved = 2}, Rules{rule});
  const PortView& port = snapshot.port(PortIndex{0});
  EXPECT_EQ(snapshot.rule(), SwitchRule{.forwarded_reserved = 2});
  EXPECT_TRUE(port.is_tunnel());
  EXPECT_EQ(port.pvid(), 100);
  EXPECT_EQ(port.tunnel_type(), TagType::customer);
  EXPECT_EQ(port.acceptable(), AcceptableFrames::tagged);
  EXPECT_EQ(port.flood(), rule.flood);
  EXPECT_FALSE(port.learning());
  EXPECT_TRUE(port.isolated());
  EXPECT_TRUE(port.hairpin());
  EXPECT_EQ(port.fdb_limit(), 7U);
}

TEST(Snapshot, MovedSnapshotStaysWhole) {
  Snapshot original(SwitchRule{}, Rules{trunk("20", 10), access(20)});
  const Snapshot snapshot = std::move(original);
  EXPECT_TRUE(snapshot.port(PortIndex{0}).carries(20));
  EXPECT_EQ(members(snapshot, 20), (std::vector<int>{0, 1}));
}

TEST(Snapshot, MostPortsFit) {
  const Snapshot snapshot(SwitchRule{}, Rules(max_ports, PortRule{}));
  EXPECT_EQ(snapshot.flood_list(1).size(), max_ports);
  EXPECT_EQ(snapshot.flood_list(4094).size(), max_ports);
}

}  // namespace snapshot_test
}  // namespace tapswitch
