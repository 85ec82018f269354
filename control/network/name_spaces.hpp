// SPDX-License-Identifier: Apache-2.0
// name_spaces.hpp: tells network namespaces that are given by a process from those that have a
// name, and gives the former the name that they have as well. Threads: any.
#pragma once

#include "control/config/model.hpp"

namespace tapswitch::network {

// Whether the port is in a namespace that is given by a process, in whose place another may be at
// another time.
[[nodiscard]] bool is_in_name_space_of_process(const config::PortSpec& port);

// Has a port whose namespace is given by a process, and has a name by now, be in that of the name.
void prefer_name(config::PortSpec& port);
void prefer_names(config::NetworkSpec& network);

}  // namespace tapswitch::network
