// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_state.hpp"

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

namespace tapswitch {
namespace {

// Keeps the first error of several steps.
class Steps {
 public:
  void note(KernelResult<void> done) {
    if (!done && first_) {
      first_ = std::move(done);
    }
  }
  [[nodiscard]] KernelResult<void> result() const { return first_; }

 private:
  KernelResult<void> first_;
};

// One request a part, so that each is made whatever becomes of the others.
KernelResult<void> restore_link(RouteSocket& routes, const InterfaceInfo& now,
                                const TapState& state) {
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
  return steps.result();
}

// The kernel says EINVAL of an owner that is nobody.
template <class Set, class Id>
KernelResult<void> set_back(const Set& set, std::optional<Id> now, std::optional<Id> before) {
  return now == before ? KernelResult<void>() : set(before.value_or(static_cast<Id>(-1)));
}

KernelResult<void> restore_addresses(RouteSocket& routes, int index, const TapState& state,
                                     const std::vector<InterfaceAddress>& added) {
  for (const InterfaceAddress& address : added) {
    if (std::ranges::find(state.addresses, address) == state.addresses.end()) {
      std::ignore = routes.remove_address(index, address);  // it may be gone already
    }
  }
  Steps steps;
  for (const InterfaceAddress& address : state.addresses) {
    const auto done = routes.add_address(index, address);
    if (!done && done.error().number != EEXIST) {
      steps.note(done);
    }
  }
  return steps.result();
}

}  // namespace

KernelResult<TapState> read_tap_state(RouteSocket& routes, const InterfaceInfo& info) {
  auto addresses = routes.addresses(info.index);
  if (!addresses) {
    return addresses.error();
  }
  // Addresses that the kernel gives by itself, and gives again.
  std::erase_if(*addresses, [](const auto& address) { return address.is_link_local(); });
  return TapState{.mac = info.mac,
                  .mtu = info.mtu,
                  .is_up = info.is_up,
                  .tun = info.tun.value_or(TunInfo()),
                  .addresses = std::move(*addresses)};
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
  steps.note(restore_link(routes, *now, state));
  steps.note(restore_addresses(routes, now->index, state, added));
  steps.note(
      set_back([&](uid_t owner) { return device.set_owner(owner); }, tun.owner, state.tun.owner));
  steps.note(
      set_back([&](gid_t group) { return device.set_group(group); }, tun.group, state.tun.group));
  if (tun.is_persistent != state.tun.is_persistent) {
    steps.note(device.set_persist(state.tun.is_persistent));
  }
  return steps.result();
}

}  // namespace tapswitch
