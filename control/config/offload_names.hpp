// SPDX-License-Identifier: Apache-2.0
// offload_names.hpp: tells what offloads are called in the control protocol; as ethtool(8) has
// them.
#pragma once

#include <algorithm>
#include <string_view>

#include "control/rpc/json.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch::config {

struct OffloadName {
  bool OffloadSet::*is_in;
  std::string_view name;
};

constexpr OffloadName offload_names[] = {
    {&OffloadSet::checksum, "checksum"}, {&OffloadSet::tso4, "tso4"},
    {&OffloadSet::tso6, "tso6"},         {&OffloadSet::tso_ecn, "tso_ecn"},
    {&OffloadSet::uso, "uso"},           {&OffloadSet::udp_tunnels, "udp_tunnels"},
    {&OffloadSet::tunnels, "tunnels"}};

// The names of those in 'set'.
inline Json offloads_to_json(const OffloadSet& set) {
  Json names = Json::array();
  for (const OffloadName& offload : offload_names) {
    if (set.*offload.is_in) {
      names.push_back(offload.name);
    }
  }
  return names;
}

// Returns those that 'names' has; others may come from a later version.
inline OffloadSet offloads_from_json(const Json& names) {
  OffloadSet set;
  for (const OffloadName& offload : offload_names) {
    set.*offload.is_in = std::ranges::find(names, Json(offload.name)) != names.end();
  }
  return set;
}

}  // namespace tapswitch::config
