// SPDX-License-Identifier: Apache-2.0
// system_calls.hpp: the system calls that the daemon makes; the list is in system_calls.cpp. All
// others are refused with EPERM and noted in the kernel's audit log. See ADR 0031.
#pragma once

namespace tapswitch::daemon {

// Holds for the calling thread and all that it starts. Throws std::runtime_error.
void refuse_other_system_calls();

}  // namespace tapswitch::daemon
