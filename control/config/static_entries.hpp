// SPDX-License-Identifier: Apache-2.0
// static_entries.hpp: tells what becomes of static entries when their port changes its VLANs. In a
// VLAN that its port does not carry an entry stays, without effect, and leads again when the VLAN
// is back. Pure. Limits: 'most_named' entries are named; of the others their number is told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "control/config/model.hpp"

namespace tapswitch::config {

constexpr std::size_t most_named = 32;

// "station 02:00:00:00:00:01 in vlan 10 on alice"
[[nodiscard]] std::string in_words(const StaticEntry& entry);

// Returns a sentence for each of 'entries' on 'port' to which the change makes a difference.
[[nodiscard]] std::vector<std::string> effects_on(const std::vector<StaticEntry>& entries,
                                                  const std::string& port, const VlanRule& before,
                                                  const VlanRule& after);

}  // namespace tapswitch::config
