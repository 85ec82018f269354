// SPDX-License-Identifier: Apache-2.0
// keeper.hpp: a lab without root: a process that does nothing but hold the namespaces in which its
// user is root, and everything of the lab lives. See ADR 0051.
//
// It is the first process of a PID namespace: when it ends, all that the lab has ends with it.
#pragma once

#include <functional>
#include <string>

#include "tools/lab/outside.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {

// The keeper is called so where processes are looked at.
constexpr const char* keeper_title = "tapswitch-lab";

// Why labs without root cannot be had here, and what to do about it; empty if they can.
[[nodiscard]] std::string fault_of_rootless();

// Makes namespaces (user, mount, network, PID) with a /run/netns of their own, held by a process
// that 'record' is told of before it is. Throws Failure.
ProcessId start_keeper(const std::function<void(const ProcessId&)>& record);

// Runs 'work' as root of the namespaces of 'keeper', in a child, and gives its exit status. What it
// is given has stayed in the network namespace that we are in. To be called while there is one
// thread. Throws Failure if there is no way in.
int run_inside(const ProcessId& keeper, const std::function<int(Outside&)>& work);

}  // namespace tapswitch::lab
