// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/veth/near_end.hpp"

#include <linux/if_link.h>

#include <cerrno>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "switch/ports/interface_settings.hpp"
#include "switch/system/ingress_gate.hpp"
#include "switch/system/interface_name.hpp"

namespace tapswitch {

std::vector<std::string> near_end_names(std::string_view port) {
  constexpr std::size_t kept = 6;  // and up to four digits
  std::vector<std::string> names;
  if (const std::string whole = fmt::format("tsw-{}", port);
      whole.size() <= max_interface_name_size) {
    names.push_back(whole);
  }
  names.push_back(fmt::format("tsw-{}~%d", port.substr(0, kept)));
  return names;
}

std::string near_end_alias(std::string_view port) {
  return fmt::format("tapswitch: port {}", port);
}

KernelResult<NearEndState> near_end_state(RouteSocket& routes, const InterfaceInfo& info) {
  auto addresses = routes.save_addresses(info.index);
  if (!addresses) {
    return addresses.error();
  }
  std::erase_if(*addresses, [](const SavedAddress& each) { return !each.address.is_link_local(); });
  return NearEndState{.mtu = info.mtu,
                      .is_up = info.is_up,
                      .group = info.group,
                      .alias = info.alias,
                      .arp = info.arp,
                      .multicast = info.multicast,
                      .address_mode = info.address_mode,
                      .link_local = std::move(*addresses)};
}

KernelResult<QuietNearEnd> make_quiet(RouteSocket& routes, const InterfaceInfo& info,
                                      std::string_view port) {
  if (auto done = routes.change(info.index,
                                {.alias = near_end_alias(port), .arp = false, .multicast = false});
      !done) {
    return done.error();
  }
  // Only now, see the theory of operation.
  if (auto done = routes.change(info.index, {.mtu = near_end_mtu}); !done) {
    return done.error();
  }
  // Refused where the interface has no IPv6, and then needs no rule of it.
  std::ignore = routes.change(info.index, {.address_mode = IN6_ADDR_GEN_MODE_NONE});
  if (const auto addresses = routes.addresses(info.index)) {
    for (const InterfaceAddress& address : *addresses) {
      if (address.is_link_local()) {
        std::ignore = routes.remove_address(info.index, address);
      }
    }
  }
  // A daemon that was killed may have left its own.
  remove_ingress_program(routes, info.index);
  const auto gate = shut_ingress(routes, info.index);
  return QuietNearEnd{.is_deaf = gate.has_value(),
                      .has_made_place = gate.has_value() && gate->has_made_place};
}

KernelResult<void> restore_near_end(RouteSocket& routes, int index, const NearEndState& state) {
  Steps steps;
  if (state.address_mode) {
    steps.note(routes.change(index, {.address_mode = state.address_mode}));
  }
  steps.note(routes.change(index, {.arp = state.arp, .multicast = state.multicast}));
  steps.note(routes.change(index, {.mtu = state.mtu}));
  steps.note(routes.change(index, {.group = state.group}));
  steps.note(routes.change(index, {.alias = state.alias}));
  steps.note(routes.change(index, {.is_up = state.is_up}));
  for (const SavedAddress& saved : state.link_local) {
    steps.note(routes.restore_address(index, saved));
  }
  return steps.result();
}

}  // namespace tapswitch
