// SPDX-License-Identifier: Apache-2.0
// tap_state.hpp: how a TAP is, in all that a port may change about it, and the way back there.
//
// Limits: the routes that went with an address or with the interface when it was brought down do
// not come back; nor can the kernel be told that there is no owner or group any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "switch/ports/tap/tap_device.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct TapState {
  std::optional<MacAddress> mac;
  std::uint32_t mtu = 0;
  bool is_up = false;
  TunInfo tun;
  std::vector<InterfaceAddress> addresses;
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
