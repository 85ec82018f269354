// SPDX-License-Identifier: Apache-2.0
// veth_pair.hpp: makes a pair of veths, two interfaces of which each receives what the other one
// sends, finds such, and removes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct NewVethPair {
  // The first three are of the end in the namespace of the socket. A '%d' in its name becomes a
  // number.
  std::string name;
  std::uint32_t mtu = 1500;
  std::uint32_t group = 0;
  // The name of the other end, and a descriptor of its namespace. It has the kernel's own MTU.
  std::string peer;
  int name_space = -1;
};

// Makes both ends at once, or none. EEXIST if one of the names is taken there.
[[nodiscard]] KernelResult<void> create_veth_pair(RouteSocket& routes, const NewVethPair& pair);

// Removes the interface; of a veth the other end too.
[[nodiscard]] KernelResult<void> delete_interface(RouteSocket& routes, int index);

// All veths of the namespace. EIO if some came or went meanwhile.
[[nodiscard]] KernelResult<std::vector<InterfaceInfo>> find_veths(RouteSocket& routes);

// Removes all interfaces of the group, at once, which for many takes the kernel much less time. Of
// veths it removes the other ends too. ENODEV if there is none.
[[nodiscard]] KernelResult<void> delete_group(RouteSocket& routes, std::uint32_t group);

}  // namespace tapswitch
