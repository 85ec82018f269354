// SPDX-License-Identifier: Apache-2.0
// decide_cases.hpp: the forwarding rule as a table of cases, one row a rule. docs/architecture.md
// lists the same names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "switch/forwarding/port_rule.hpp"
#include "switch/forwarding/station.hpp"

namespace tapswitch::test {

// A station that was heard (or set by hand) before the frame comes.
struct Known {
  MacAddress mac;
  VlanId vid = 1;
  int port = 0;
  StationKind kind = StationKind::dynamic_entry;
};

struct Sent {
  int in = 0;  // the port
  MacAddress to;
  MacAddress from;
  std::vector<VlanTag> tags{};    // the outermost first
  std::size_t cut_to = SIZE_MAX;  // bytes that are left of the frame
};

struct Case {
  const char* name;
  std::vector<PortRule> ports;  // p0, p1, ...
  std::vector<Known> known;
  Sent frame;
  // Says where the frame goes: "p1" without the tag of its VLAN, "p1:10" with VLAN 10; after
  // "flood" all that it floods to; or "drop" and the reason.
  const char* expected;
  SwitchRule rule{};
  int seconds_later = 0;  // since the stations were heard
};

std::span<const Case> decide_cases();

}  // namespace tapswitch::test
