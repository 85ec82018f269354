// SPDX-License-Identifier: Apache-2.0
// link.hpp: ends of links: which port is there, and `lab link`, by which cables are pulled and put
// back.
#pragma once

#include <string>

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// Returns the name of the port at an end of a link: "alice" or "alice-eth1" for "alice:eth1".
// Throws Failure if the lab 'name' has no such end.
[[nodiscard]] std::string port_at(const std::string& name, const std::string& end);

// Throws Failure.
int link(const Words& words);

}  // namespace tapswitch::lab
