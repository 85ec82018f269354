// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/snapshot.hpp"

#include <cassert>
#include <unordered_map>

namespace tapswitch {
namespace {

const VlanSet no_vlans;

std::uint64_t hash(const VlanSet& set) {
  std::uint64_t hash = 0;
  for (const std::uint64_t word : set.words()) {
    hash = (hash ^ word ^ hash >> 29) * 0x9e37'79b9'7f4a'7c15;
  }
  return hash;
}

// Finds out which trunks carry the same VLANs, and keeps each set once.
class DistinctSets {
 public:
  explicit DistinctSets(std::vector<std::unique_ptr<const VlanSet>>& sets) : sets_(sets) {}

  std::uint32_t number_of(const VlanRule& trunk) {
    // The native VLAN belongs to the set whether it was listed or not.
    if (trunk.pvid != no_vlan && !trunk.allowed.contains(trunk.pvid)) {
      VlanSet set = trunk.allowed;
      set.insert(trunk.pvid);
      return number_of(set);
    }
    return number_of(trunk.allowed);
  }

 private:
  std::uint32_t number_of(const VlanSet& set) {
    // Neighbours mostly agree.
    if (last_ < sets_.size() && *sets_[last_] == set) {
      return last_;
    }
    const auto [begin, end] = by_hash_.equal_range(hash(set));
    for (auto known = begin; known != end; ++known) {
      if (*sets_[known->second] == set) {
        return last_ = known->second;
      }
    }
    last_ = static_cast<std::uint32_t>(sets_.size());
    by_hash_.emplace(hash(set), last_);
    sets_.push_back(std::make_unique<const VlanSet>(set));
    return last_;
  }

  std::vector<std::unique_ptr<const VlanSet>>& sets_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
  std::uint32_t last_ = 0;
};

}  // namespace

PortView::PortView(const PortRule& rule, const VlanSet& set)
    : set_(&set),
      fdb_limit_(rule.fdb_limit),
      pvid_(rule.vlan.pvid),
      untagged_vid_(rule.vlan.untagged_vid()),
      tag_type_(rule.vlan.mode == PortMode::tunnel ? rule.vlan.tunnel_type : rule.vlan.vendor_type),
      acceptable_(rule.vlan.acceptable),
      is_tunnel_(rule.vlan.mode == PortMode::tunnel),
      flood_(rule.flood),
      learning_(rule.learning),
      isolated_(rule.isolated),
      split_horizon_(rule.split_horizon),
      hairpin_(rule.hairpin),
      takes_kernel_path_(rule.takes_kernel_path),
      has_storm_rule_(!rule.storm.is_none()) {}

Snapshot::Snapshot(SwitchRule rule, std::span<const std::optional<PortRule>> ports)
    : rule_(rule), ports_(ports.size()) {
  assert(ports.size() <= max_ports);
  DistinctSets distinct(sets_);
  std::vector<FloodLists::Trunk> trunks;
  std::vector<FloodLists::Single> singles;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (!ports[i]) {
      continue;
    }
    const auto index = static_cast<PortIndex>(i);
    if (!ports[i]->storm.is_none()) {
      storm_rules_.emplace_back(index, ports[i]->storm);
    }
    const VlanRule& vlan = ports[i]->vlan;
    if (vlan.mode == PortMode::trunk) {
      const std::uint32_t set = distinct.number_of(vlan);
      trunks.push_back({.port = index, .set = set});
      ports_[i] = PortView(*ports[i], *sets_[set]);
    } else {
      singles.push_back({.vid = vlan.pvid, .port = index});
      ports_[i] = PortView(*ports[i], no_vlans);
    }
  }
  std::vector<const VlanSet*> sets;
  for (const auto& set : sets_) {
    sets.push_back(set.get());
  }
  flood_lists_ = FloodLists(sets, trunks, std::move(singles));
}

}  // namespace tapswitch
