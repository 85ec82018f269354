// SPDX-License-Identifier: Apache-2.0
// conditions.hpp: the conditions of a port (switch/conditions) as JSON: its shape, and how it is
// read and written. The members of the object are those of frames that leave; 'in' has the same for
// frames that come in; 'cut' and 'flap' are of both. Values are texts as tc(8) writes them.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/json.hpp"
#include "control/rpc/schema.hpp"
#include "switch/conditions/conditions.hpp"

namespace tapswitch::config {

[[nodiscard]] rpc::Schema conditions_schema();

// Return the members that each direction has, and the one that is of both at once.
[[nodiscard]] std::vector<rpc::Field> direction_fields();
[[nodiscard]] rpc::Field flap_field();

// Changes what 'json' names, and keeps the rest; a member that is null is as if it had never been
// said, and null takes all conditions away. Requires: it fits the schema. Throws rpc::Error with
// the field, as "conditions.reorder", where they contradict one another; then nothing is changed.
void change(PortConditions& conditions, const Json& json);

// Returns what is not as on a perfect line; an empty object where nothing is.
[[nodiscard]] Json to_json(const PortConditions& conditions);

// For people: "delay 50ms, in.loss 1%"; "none". Of what to_json() gives.
[[nodiscard]] std::string in_short(const Json& conditions);
[[nodiscard]] inline std::string in_short(const PortConditions& conditions) {
  return in_short(to_json(conditions));
}

}  // namespace tapswitch::config
