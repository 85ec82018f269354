// SPDX-License-Identifier: Apache-2.0
// check_nodes.hpp: checks what no schema can say of nodes, each by itself and to one another; and
// what they need of the machine.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "control/config/mistakes.hpp"
#include "control/lab/model.hpp"
#include "control/lab/read_lab.hpp"

namespace tapswitch::lab {

// 'named' are all nodes of the file, also those that have mistakes and are not in 'lab'.
void check_nodes(const LabSpec& lab, const std::set<std::string>& named, config::Mistakes& mistakes,
                 std::vector<Need>& needs);

// Returns what might have been meant by 'wanted': "; did you mean 'alice'?", else nothing.
[[nodiscard]] std::string suggestion(const std::string& wanted,
                                     const std::vector<std::string>& names);

}  // namespace tapswitch::lab
