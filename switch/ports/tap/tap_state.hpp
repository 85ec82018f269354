// SPDX-License-Identifier: Apache-2.0
// tap_state.hpp: how a TAP is, in all that a port may change about it, and the way back there.
//
// Limits: those of interface_settings.hpp; nor can the kernel be told that there is no owner or
// group any more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "switch/ports/interface_settings.hpp"
#include "switch/ports/tap/tap_device.hpp"
#include "switch/system/link_settings.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct TapState {
  InterfaceState interface;
  TunInfo tun;
  std::optional<LinkSettings> speed;  // nullopt: the kernel does not say
};

// Returns how the interface of 'info' is, which is in the namespace of 'routes'.
[[nodiscard]] KernelResult<TapState> read_tap_state(RouteSocket& routes, const InterfaceInfo& info);

// Makes the TAP, which is in the namespace of 'routes', as it was. Of the addresses that have come
// since, those of 'added' go. Does all that can be done, and returns the first refusal.
[[nodiscard]] KernelResult<void> restore_tap(RouteSocket& routes, TapDevice& device,
                                             const TapState& state,
                                             const std::vector<InterfaceAddress>& added);

// Gives the TAP 'name', in the namespace of the calling thread, the framing that it had, which the
// kernel shows of whoever attached to it last. Requires: nobody is attached.
[[nodiscard]] KernelResult<void> restore_framing(const std::string& name, const TunInfo& before);

}  // namespace tapswitch
