// SPDX-License-Identifier: Apache-2.0
// parse_lab.hpp: the parts of a lab file that have passed their schema, as values of the model.
#pragma once

#include <string>

#include "control/lab/model.hpp"

namespace tapswitch::lab {

[[nodiscard]] Command parse_command(const Json& json);
[[nodiscard]] NodeSpec parse_node(const std::string& name, const Json& json);
// "alice:eth0", "sw0"
[[nodiscard]] End parse_end(const std::string& text);

}  // namespace tapswitch::lab
