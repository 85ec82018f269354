// SPDX-License-Identifier: Apache-2.0
// host_network.hpp: tells an uplink of the network that it leads to. To be asked by a thread that
// is in it (outside.hpp).
#pragma once

#include <string>
#include <vector>

#include "control/lab/uplink.hpp"

namespace tapswitch::lab {

// Returns which port of the machine cannot be had, and why; empty if all can.
[[nodiscard]] std::string fault_of_ports(const std::vector<Forward>& forwards);

// Returns the interface by which other networks of IPv6 are reached; empty if they are not.
[[nodiscard]] std::string ipv6_interface();

}  // namespace tapswitch::lab
