// SPDX-License-Identifier: Apache-2.0
// interface_link.hpp: how the interface is that a port leads to, told as the port's link.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "switch/ports/port.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

[[nodiscard]] LinkStatus to_link(const InterfaceInfo& info);

// A location says where an interface is now that can be renamed and moved.
struct Whereabouts {
  std::function<KernelResult<std::string>()> name;
  std::function<KernelResult<UniqueFd>()> name_space;
  // Whether the interface of that name there is the one that is meant; empty: it is.
  std::function<bool(const InterfaceInfo&)> is_it = {};
};

// Returns the link of a port at which nobody could look for want of descriptors, memory or threads;
// nullopt if 'error' is another one, and says something about the link.
[[nodiscard]] std::optional<LinkStatus> link_in_shortage(const KernelError& error);

// How it is. Not present if it has no name any more.
[[nodiscard]] LinkStatus read_interface_link(LinkReader& reader, const Whereabouts& where);

// Returns by how much a counter has grown; 0 where it began anew or cannot be had.
[[nodiscard]] constexpr std::uint64_t since(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

// Returns the counters of an interface; 'index' as Port::read_drops() has it. Zero if they are not
// to be had.
[[nodiscard]] InterfaceStatistics read_interface_statistics(LinkReader& reader,
                                                            std::optional<int> index,
                                                            const Whereabouts& where);

}  // namespace tapswitch
