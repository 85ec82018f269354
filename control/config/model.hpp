// SPDX-License-Identifier: Apache-2.0
// model.hpp: holds what a user has configured, as plain values: the contents of the configuration
// document. What is running besides (frames, stations, links) is not part of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/config/far_end.hpp"
#include "control/config/mirrors.hpp"
#include "control/config/sflow.hpp"
#include "control/config/stp.hpp"
#include "switch/conditions/conditions.hpp"
#include "switch/engine/switch.hpp"
#include "switch/forwarding/port_rule.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch::config {

struct PortSpec {
  std::string name;
  std::string description;
  FarEnd far_end;
  PortRule rule;
  bool has_carrier = true;            // false: its far end is unplugged
  PortConditions conditions = {};     // of the line to its far end
  PortStp stp = {};                   // where its switch has a spanning tree
  std::optional<std::size_t> worker;  // who is to receive from it; nullopt: as it comes

  bool operator==(const PortSpec&) const = default;
};

struct StaticEntry {
  VlanId vlan = no_vlan;
  MacAddress mac;
  std::string port;

  // Tells it from the other entries of its switch.
  [[nodiscard]] std::pair<VlanId, MacAddress> key() const { return {vlan, mac}; }

  bool operator==(const StaticEntry&) const = default;
};

struct SwitchSpec {
  std::string name;
  std::size_t fdb_capacity = SwitchOptions::default_fdb_capacity;
  std::chrono::seconds ageing = SwitchOptions::default_ageing;
  SwitchRule rule;
  StpSpec stp = {};
  bool is_wire = false;  // the carriers of its two ports follow each other
  std::map<VlanId, std::string> vlan_names;
  std::vector<PortSpec> ports;              // in order of their names
  std::vector<StaticEntry> static_entries;  // in order of VLAN and address
  MirrorSpecs mirrors;

  bool operator==(const SwitchSpec&) const = default;
};

// Takes the ports out for which 'is_unwanted', the static entries that are on them, and what is
// mirrored of them and to them. Returns their names.
template <std::predicate<const PortSpec&> Predicate>
std::set<std::string> remove_ports(SwitchSpec& home, const Predicate& is_unwanted) {
  std::set<std::string> names;
  std::erase_if(home.ports, [&](const PortSpec& port) {
    return is_unwanted(port) && names.insert(port.name).second;
  });
  std::erase_if(home.static_entries,
                [&](const StaticEntry& entry) { return names.contains(entry.port); });
  leave_out(home.mirrors, names);
  return names;
}

// Puts ports and static entries in, each where the order has it. Requires: there are none alike.
inline void add_ports(SwitchSpec& home, const std::vector<PortSpec>& ports,
                      const std::vector<StaticEntry>& entries) {
  home.ports.insert(home.ports.end(), ports.begin(), ports.end());
  std::ranges::sort(home.ports, {}, &PortSpec::name);
  home.static_entries.insert(home.static_entries.end(), entries.begin(), entries.end());
  std::ranges::sort(home.static_entries, {}, &StaticEntry::key);
}

// All that is configured: what a whole document says.
struct NetworkSpec {
  static constexpr std::size_t max_switches = 4'096;  // more than a lab has links

  std::map<std::string, SwitchSpec> switches;  // by name
  std::optional<SflowSpec> sflow = {};         // of all of them; nullopt: none

  bool operator==(const NetworkSpec&) const = default;
};

}  // namespace tapswitch::config
