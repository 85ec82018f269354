// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/interface_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

namespace tapswitch {

std::string describe_interface(std::string_view kind, const InterfaceSettings& settings) {
  return settings.name_space ? fmt::format("{} '{}' in namespace '{}'", kind, settings.interface,
                                           settings.name_space->text())
                             : fmt::format("{} '{}'", kind, settings.interface);
}

KernelResult<std::optional<InterfaceInfo>> look_up_interface(RouteSocket& routes,
                                                             const std::string& interface) {
  auto found = routes.find(interface);
  if (!found && found.error().number == ENODEV) {
    return std::optional<InterfaceInfo>();
  }
  if (!found) {
    return found.error();
  }
  return std::optional(std::move(*found));
}

KernelResult<void> InterfaceConfiguration::set_mtu() {
  if (!settings_.mtu || *settings_.mtu == before_.mtu) {
    return {};
  }
  return told(routes_.change(before_.index, {.mtu = settings_.mtu}),
              fmt::format("set MTU {} on", *settings_.mtu));
}

KernelResult<void> InterfaceConfiguration::set_mac() {
  if (!settings_.mac || settings_.mac == before_.mac) {
    return {};
  }
  return told(routes_.change(before_.index, {.mac = settings_.mac}),
              fmt::format("set MAC address {} on", settings_.mac->to_string()));
}

KernelResult<void> InterfaceConfiguration::add_addresses() {
  if (auto added = tapswitch::add_addresses(routes_, before_.index, settings_.addresses); !added) {
    return told(added.error(), fmt::format("add {} to", added.error().object));
  }
  return {};
}

KernelResult<void> InterfaceConfiguration::set_up() {
  if (settings_.is_up == before_.is_up) {
    return {};
  }
  return told(routes_.change(before_.index, {.is_up = settings_.is_up}),
              settings_.is_up ? "bring up" : "bring down");
}

KernelResult<void> InterfaceConfiguration::told(KernelResult<void> done,
                                                std::string_view action) const {
  if (!done) {
    KernelError error = done.error();
    error.action = action;
    error.object = object_;
    return error;
  }
  return done;
}

KernelResult<std::vector<InterfaceAddress>> add_addresses(
    RouteSocket& routes, int index, const std::vector<InterfaceAddress>& addresses) {
  std::vector<InterfaceAddress> added;
  for (const InterfaceAddress& address : addresses) {
    const auto done = routes.add_address(index, address);
    if (done) {
      added.push_back(address);
    } else if (done.error().number != EEXIST) {
      for (const InterfaceAddress& earlier : added) {
        std::ignore = routes.remove_address(index, earlier);
      }
      return done.error();
    }
  }
  return added;
}

KernelResult<void> replace_addresses(RouteSocket& routes, int index,
                                     const std::vector<InterfaceAddress>& asked,
                                     const std::vector<InterfaceAddress>& wanted) {
  const auto is_unwanted = [&](const InterfaceAddress& address) {
    return std::ranges::find(wanted, address) == wanted.end() &&
           std::ranges::find(asked, address) != asked.end();
  };
  auto kept = routes.save_addresses(index);
  if (!kept) {
    return kept.error();
  }
  if (auto added = add_addresses(routes, index, wanted); !added) {
    KernelError error = added.error();
    error.hint = fmt::format("{}{}{}", error.object, error.hint.empty() ? "" : ": ", error.hint);
    return error;
  }
  for (const InterfaceAddress& address : asked) {
    if (is_unwanted(address)) {
      // The address may have been removed by others, or have gone with the link; then all is well.
      std::ignore = routes.remove_address(index, address);
    }
  }
  // The first address of an IPv4 network takes the others of that network with it when it goes.
  for (const SavedAddress& saved : *kept) {
    if (!is_unwanted(saved.address)) {
      std::ignore = routes.restore_address(index, saved);
    }
  }
  std::ignore = add_addresses(routes, index, wanted);
  return {};
}

KernelResult<InterfaceState> read_interface_state(RouteSocket& routes, const InterfaceInfo& info) {
  auto addresses = routes.save_addresses(info.index);
  if (!addresses) {
    return addresses.error();
  }
  // Addresses that the kernel gives by itself, and gives again.
  std::erase_if(*addresses, [](const auto& saved) { return saved.address.is_link_local(); });
  return InterfaceState{
      .mac = info.mac, .mtu = info.mtu, .is_up = info.is_up, .addresses = std::move(*addresses)};
}

// One request a part, so that each is made whatever becomes of the others.
KernelResult<void> restore_interface(RouteSocket& routes, const InterfaceInfo& now,
                                     const InterfaceState& state,
                                     const std::vector<InterfaceAddress>& added) {
  Steps steps;
  if (now.mtu != state.mtu) {
    steps.note(routes.change(now.index, {.mtu = state.mtu}));
  }
  if (now.mac != state.mac && state.mac) {
    steps.note(routes.change(now.index, {.mac = state.mac}));
  }
  if (now.is_up != state.is_up) {
    steps.note(routes.change(now.index, {.is_up = state.is_up}));
  }
  for (const InterfaceAddress& address : added) {
    if (std::ranges::find(state.addresses, address, &SavedAddress::address) ==
        state.addresses.end()) {
      std::ignore = routes.remove_address(now.index, address);  // it may be gone already
    }
  }
  for (const SavedAddress& saved : state.addresses) {
    steps.note(routes.restore_address(now.index, saved));
  }
  return steps.result();
}

}  // namespace tapswitch
