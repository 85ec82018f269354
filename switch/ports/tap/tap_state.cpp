// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_state.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tapswitch {
namespace {

KernelResult<void> restore_speed(const InterfaceInfo& now, const TapState& state) {
  const auto speed = read_link_settings(now.name);
  return state.speed && speed && *speed != *state.speed ? set_link_settings(now.name, *state.speed)
                                                        : KernelResult<void>();
}

// Sets the owner or the group, which 'what' names.
template <class Set, class Id>
KernelResult<void> set_back(const Set& set, std::string_view what, std::optional<Id> now,
                            std::optional<Id> before) {
  auto done = now == before ? KernelResult<void>() : set(before.value_or(static_cast<Id>(-1)));
  if (done || before) {
    return done;
  }
  KernelError error = done.error();
  error.hint = fmt::format(
      "it stays with {0} {1}: the kernel gives a TAP another {0}, but not none", what, *now);
  return error;
}

}  // namespace

KernelResult<TapState> read_tap_state(RouteSocket& routes, const InterfaceInfo& info) {
  auto interface = read_interface_state(routes, info);
  if (!interface) {
    return interface.error();
  }
  const auto speed = read_link_settings(info.name);
  return TapState{.interface = std::move(*interface),
                  .tun = info.tun.value_or(TunInfo()),
                  .speed = speed ? std::optional(*speed) : std::nullopt};
}

KernelResult<void> restore_framing(const std::string& name, const TunInfo& before) {
  return TapDevice::touch(name, {.has_header = before.has_header,
                                 .has_packet_information = before.has_packet_information,
                                 .is_multi_queue = before.is_multi_queue});
}

KernelResult<void> restore_tap(RouteSocket& routes, TapDevice& device, const TapState& state,
                               const std::vector<InterfaceAddress>& added) {
  const auto name = device.name();
  if (!name) {
    return name.error();
  }
  const auto now = routes.find(*name);
  if (!now) {
    return now.error();
  }
  const TunInfo tun = now->tun.value_or(TunInfo());
  Steps steps;
  steps.note(restore_speed(*now, state));
  steps.note(restore_interface(routes, *now, state.interface, added));
  steps.note(set_back([&](uid_t owner) { return device.set_owner(owner); }, "owner", tun.owner,
                      state.tun.owner));
  steps.note(set_back([&](gid_t group) { return device.set_group(group); }, "group", tun.group,
                      state.tun.group));
  if (tun.is_persistent != state.tun.is_persistent) {
    steps.note(device.set_persist(state.tun.is_persistent));
  }
  return steps.result();
}

}  // namespace tapswitch
