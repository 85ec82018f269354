// SPDX-License-Identifier: Apache-2.0
// model.hpp: what a user has configured, as plain values: the contents of the configuration
// document. What is running besides (frames, stations, links) is not part of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "switch/engine/switch.hpp"
#include "switch/forwarding/port_rule.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch::config {

// The far end of a TAP port. What is not set is left as the kernel makes it, or as an interface
// that exists already has it.
struct TapSpec {
  std::string interface;
  std::optional<std::string> name_space;  // a name, a path, or a pid in digits
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  bool persist = false;
  std::optional<std::string> owner;  // a name or a number in digits; likewise 'group'
  std::optional<std::string> group;
  bool is_up = true;
  std::vector<std::string> addresses;  // "10.0.0.1/24"
  bool offload = true;

  bool operator==(const TapSpec&) const = default;
};

// What a user wants otherwise about a TAP that is open; the rest stays, whatever it is.
struct TapChange {
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  std::optional<bool> persist;
  std::optional<std::string> owner;
  std::optional<std::string> group;
  std::optional<bool> is_up;
  std::optional<std::vector<std::string>> addresses;

  bool operator==(const TapChange&) const = default;
};

// Of 'rule', the MTU is the link's and not configured here.
struct PortSpec {
  std::string name;
  std::string description;
  TapSpec tap;
  PortRule rule;
  std::optional<std::size_t> worker;  // who is to receive from it; nullopt: as it comes

  bool operator==(const PortSpec&) const = default;
};

struct StaticEntry {
  VlanId vlan = no_vlan;
  MacAddress mac;
  std::string port;

  bool operator==(const StaticEntry&) const = default;
};

struct SwitchSpec {
  std::string name;
  std::size_t fdb_capacity = SwitchOptions::default_fdb_capacity;
  std::chrono::seconds ageing = SwitchOptions::default_ageing;
  SwitchRule rule;
  std::map<VlanId, std::string> vlan_names;
  std::vector<PortSpec> ports;              // in order of their names
  std::vector<StaticEntry> static_entries;  // in order of VLAN and address
};

}  // namespace tapswitch::config
