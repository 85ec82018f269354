// SPDX-License-Identifier: Apache-2.0
// value.hpp: reads what a person types behind an option, as the JSON value its schema asks for.
//
// Only the JSON type is decided here; whether the value is allowed, the schema says afterwards.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/schema.hpp"

namespace tapswitch::tapctl {

// The value of 'texts', which is what was given each time the option occurred (at least once).
// A list takes its items from all of them and from between commas, "none" being the empty list;
// of anything else the last occurrence counts. What cannot be of the type stays a string, so that
// the schema finds fault with it in its own words. Objects are written as JSON; throws rpc::Error
// if one is not.
Json parse_value(const rpc::Schema& schema, const std::vector<std::string>& texts);

// Whether 'text' says yes or no in one of the ways that a boolean option understands.
bool is_boolean(const std::string& text);

// Returns what stands for a value in help: "N", "yes|no", "a|b|c", "VLAN_ID|none".
std::string placeholder(const rpc::Schema& schema);

}  // namespace tapswitch::tapctl
