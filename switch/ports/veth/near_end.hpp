// SPDX-License-Identifier: Apache-2.0
// near_end.hpp: makes the end of a veth pair that stays with the switch one that speaks for nobody
// but the switch, and tells whose it is.
//
// Theory of operation: its name is "tsw-" and that of the port; where that is too long for an
// interface or is taken, the first six characters, '~' and a number that the kernel chooses. Its
// alias says the port's whole name, and its group whether the pair goes with the port: that
// outlives a process that is killed. The host speaks by it in no protocol: it has no address of
// IPv4 or IPv6 and is made so that it has not joined any group of routers either (an interface is
// too small for IPv6 below an MTU of 1,280, and joins when it grows), it does not answer by ARP,
// and a gate keeps what comes in from the host's protocols. Its MTU is the largest there is, so
// that the far end's is the one that counts. Pinned by tests/ports/veth/veth_quiet_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switch/system/interface_address.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

// The group of near ends whose pair goes with its port; "ip link del group 7631735" removes what a
// daemon that was killed has left.
constexpr std::uint32_t passing_group = 7'631'735;  // "tsw"
constexpr std::uint32_t staying_group = 0;

constexpr std::uint32_t near_end_mtu = 65'535;
constexpr std::uint32_t mtu_without_ipv6 = 1'279;

// The names to be tried for the near end of the port 'port', one after another; the last has a
// '%d'.
[[nodiscard]] std::vector<std::string> near_end_names(std::string_view port);

// The alias of the near end of the port 'port'.
[[nodiscard]] std::string near_end_alias(std::string_view port);

// How a near end was that was there before, and the way back.
struct NearEndState {
  std::uint32_t mtu = 0;
  bool is_up = false;
  std::uint32_t group = 0;
  std::string alias;
  bool arp = true;
  bool multicast = true;
  std::optional<std::uint8_t> address_mode;
  std::vector<SavedAddress> link_local;  // addresses, which the quiet one has not
};
[[nodiscard]] KernelResult<NearEndState> near_end_state(RouteSocket& routes,
                                                        const InterfaceInfo& info);

// Has the host say nothing by the interface 'info' and hear nothing of it. 'port' is whose it is.
struct QuietNearEnd {
  bool is_deaf = false;         // the host hears nothing of it; false: this kernel cannot do that
  bool has_made_place = false;  // for the filter, see ingress_gate.hpp
};
[[nodiscard]] KernelResult<QuietNearEnd> make_quiet(RouteSocket& routes, const InterfaceInfo& info,
                                                    std::string_view port);

// Makes it as it was, but for its gate. Does all that can be done, and returns the first refusal.
[[nodiscard]] KernelResult<void> restore_near_end(RouteSocket& routes, int index,
                                                  const NearEndState& state);

}  // namespace tapswitch
