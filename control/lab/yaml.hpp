// SPDX-License-Identifier: Apache-2.0
// yaml.hpp: reads YAML text [YAML 1.2.2, core schema] as a JSON value, and refuses what is open to
// two readings.
//
// Refused, besides what is no YAML: a key that occurs twice or is no text, tags but !!str, a second
// document. `yes`, `no`, `on` and `off` are texts, as are numbers with leading zeros, which
// YAML 1.1 reads otherwise. A merge key (`<<`) adds the members that a mapping does not have
// itself. Limits: 'most_nesting' levels; 'most_values' values, those that aliases repeat among
// them, so that no text grows without bound.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "control/config/position.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

// A value, and where in the text each of its parts begins, by JSON pointer [RFC 6901]. Parts that
// an alias repeats have no place of their own.
struct PlacedJson {
  Json value;
  std::map<std::string, config::Position, std::less<>> places;
};

// Throws what is wrong with a text.
struct YamlFault {
  config::Position position;
  std::string problem;
};

// A rewriter is given each scalar, with its pointer, before it is known whether that is a number.
using Rewriter = std::function<std::string(const std::string& pointer, const std::string& text)>;

// Throws YamlFault.
[[nodiscard]] PlacedJson read_yaml(std::string_view text, std::size_t most_nesting,
                                   std::size_t most_values, const Rewriter& rewrite);

}  // namespace tapswitch::lab
