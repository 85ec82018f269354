// SPDX-License-Identifier: Apache-2.0
// rights.hpp: gives up for good what the daemon does not need for good once its sockets are open:
// capabilities that it does not need, and the way to new ones. Which system calls are left,
// system_calls.hpp says. See ADR 0031.
#pragma once

namespace tapswitch::daemon {

// A port is a descriptor, and most shells allow a thousand of them: takes as many as it may.
void raise_descriptor_limit();

// Keeps of its capabilities those that ports need later, and, if it 'has_file', those by which it
// replaces its startup file (the lists are in rights.cpp); for itself and each thread it starts
// from now on. No program it could execute would have more. To be called before there is a second
// thread. Throws std::runtime_error.
void drop_capabilities(bool has_file);

}  // namespace tapswitch::daemon
