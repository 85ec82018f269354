// SPDX-License-Identifier: Apache-2.0
// at_interface.hpp: does something to an interface in the namespace in which it is now. For kinds
// of port that make their interface.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Finds the interface, by the socket of its namespace.
using FindInterface = std::function<KernelResult<InterfaceInfo>(RouteSocket&)>;
using InterfaceWork = std::function<KernelResult<void>(RouteSocket&, const InterfaceInfo&)>;

// Returns what 'work' returns at the interface that 'find' finds in 'name_space'; or what the
// kernel refused before.
[[nodiscard]] KernelResult<void> at_interface(const KernelResult<UniqueFd>& name_space,
                                              const FindInterface& find, const InterfaceWork& work);

// Returns 'done', whose error comes out as "cannot 'action' 'object' ...".
[[nodiscard]] KernelResult<void> told_of(KernelResult<void> done, std::string_view action,
                                         std::string object);

}  // namespace tapswitch
