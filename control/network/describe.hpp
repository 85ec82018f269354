// SPDX-License-Identifier: Apache-2.0
// describe.hpp: describes what runs, as methods and events tell it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/network/running_port.hpp"
#include "control/network/running_switch.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::network {

// Holds all that is told of a switch, as it was at one moment.
struct SwitchDescription {
  explicit SwitchDescription(const RunningSwitch& running);

  std::string name;
  std::chrono::seconds ageing;
  std::size_t fdb_capacity;
  SwitchRule rule;  // by which frames are treated
  config::StpSpec stp;
  bool is_wire;
  std::size_t stations;
  std::size_t ports;
};

// Holds all that is told of a port, as it was at one moment.
struct PortDescription {
  // 'now' is how its interface is.
  PortDescription(const RunningPort& port, LinkStatus now);

  config::PortSpec spec;  // with the rule by which frames are treated
  std::string switch_name;
  std::string_view state;
  LinkStatus link;
  std::size_t stations;
  std::size_t worker;
  std::uint32_t number;
  OffloadSet offloads;
  std::string door;                         // of a guest
  std::string refusal;                      // why it is lost; empty: it is not
  std::optional<std::string> path_refusal;  // nullopt: it is on the kernel path
  std::vector<FloodKind> storms;            // under way
  Json tunnel;                              // null: it is none
};

// As switch.get answers.
Json to_json(const SwitchDescription& description);
Json describe(const RunningSwitch& running);

// As port.get answers; 'link' is how its interface is.
Json to_json(const PortDescription& description);
Json describe(const RunningPort& port, const LinkStatus& link);

// Whether something is on the kernel path, and if not why.
Json path_to_json(const std::optional<std::string>& refusal);

// As fdb.list answers; 'port' is the name of its port.
Json describe(const FdbEntry& entry, const std::string& port);

}  // namespace tapswitch::network
