// SPDX-License-Identifier: Apache-2.0
// interface_link.hpp: how the interface is that a port leads to, told as the port's link.
#pragma once

#include <functional>
#include <string>

#include "switch/ports/kernel_error.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/route_socket.hpp"
#include "switch/ports/unique_fd.hpp"

namespace tapswitch {

// Without what the kernel dropped: which of it is ingress, the kind of port knows.
[[nodiscard]] LinkStatus to_link(const InterfaceInfo& info);

struct InterfaceLink {
  LinkStatus status;
  InterfaceStatistics statistics;
};

// Of an interface that can be renamed and moved: 'name' and 'name_space' tell where it is now. Not
// present if it has no name any more.
[[nodiscard]] InterfaceLink read_interface_link(
    LinkReader& reader, const std::function<KernelResult<std::string>()>& name,
    const std::function<KernelResult<UniqueFd>()>& name_space);

}  // namespace tapswitch
