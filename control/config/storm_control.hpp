// SPDX-License-Identifier: Apache-2.0
// storm_control.hpp: the storm control of a port (StormRule) as JSON: its shape, and how it is read
// and written. Each class of frames has a rate, as "500pps", "10mbit" or "5%", and a burst.
#pragma once

#include <string>

#include "control/rpc/json.hpp"
#include "control/rpc/schema.hpp"
#include "switch/forwarding/storm_rule.hpp"

namespace tapswitch::config {

[[nodiscard]] rpc::Schema storm_control_schema();
// The shape of a rate.
[[nodiscard]] rpc::Schema storm_rate_schema();

// Gives each class that 'json' names that limit, or none where it is null, and keeps the rest; null
// takes all limits away. Requires: it fits the schema. Throws rpc::Error with the field, as
// "storm_control.broadcast.burst", where rate and burst do not go together; then nothing is
// changed.
void change(StormRule& rule, const Json& json);

// Returns the classes that have a limit; an empty object where none has.
[[nodiscard]] Json to_json(const StormRule& rule);

// For people: "broadcast 500pps, multicast 10mbit burst 64kb"; "none". Of what to_json() gives.
[[nodiscard]] std::string storm_control_in_short(const Json& json);
[[nodiscard]] inline std::string in_short(const StormRule& rule) {
  return storm_control_in_short(to_json(rule));
}

}  // namespace tapswitch::config
