// SPDX-License-Identifier: Apache-2.0
// console.hpp: uses this terminal as the console of a virtual machine.
#pragma once

#include <string>

namespace tapswitch::lab {

// Until Ctrl-] is pressed, the input ends, or the machine does. Throws Failure.
int attach_console(const std::string& socket);

}  // namespace tapswitch::lab
