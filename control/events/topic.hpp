// SPDX-License-Identifier: Apache-2.0
// topic.hpp: lists what events can be about, and how each topic is called on the wire.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tapswitch::events {

enum class Topic : std::uint8_t {
  switches,
  ports,
  vlans,
  stations,
  configuration,
  statistics,
  log,
  captures,
  trees,
};

// In the order of Topic.
inline constexpr std::array<std::string_view, 9> topic_names = {
    "switch", "port", "vlan", "fdb", "config", "stats", "log", "capture", "stp"};

using TopicSet = std::bitset<topic_names.size()>;

constexpr std::size_t to_size(Topic topic) { return static_cast<std::size_t>(topic); }
constexpr std::string_view name_of(Topic topic) { return topic_names[to_size(topic)]; }

inline std::optional<Topic> find_topic(std::string_view name) {
  const auto* const found = std::find(topic_names.begin(), topic_names.end(), name);
  return found == topic_names.end()
             ? std::nullopt
             : std::optional(static_cast<Topic>(found - topic_names.begin()));
}

}  // namespace tapswitch::events
