// SPDX-License-Identifier: Apache-2.0
#include "control/config/static_entries.hpp"

#include <fmt/format.h>

namespace tapswitch::config {

std::string in_words(const StaticEntry& entry) {
  return fmt::format("station {} in vlan {} on {}", entry.mac.to_string(), entry.vlan, entry.port);
}

std::vector<std::string> effects_on(const std::vector<StaticEntry>& entries,
                                    const std::string& port, const VlanRule& before,
                                    const VlanRule& after) {
  std::vector<std::string> sentences;
  if (before == after) {
    return sentences;
  }
  std::size_t unnamed = 0;
  for (const StaticEntry& entry : entries) {
    const bool leads = after.carries(entry.vlan);
    if (entry.port != port || leads == before.carries(entry.vlan)) {
      continue;
    }
    if (sentences.size() == most_named) {
      ++unnamed;
    } else {
      sentences.push_back(in_words(entry) + (leads
                                                 ? " leads again"
                                                 : " stays without effect: the VLAN is taken off"));
    }
  }
  if (unnamed > 0) {
    sentences.push_back(fmt::format("... and {} more stations on {}", unnamed, port));
  }
  return sentences;
}

}  // namespace tapswitch::config
