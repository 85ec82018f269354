// SPDX-License-Identifier: Apache-2.0
// interface_settings.hpp: says how the interface of a port is to be that the switch makes or
// adopts, makes it so part by part, and knows the way back. For kinds of port that make their
// interface.
//
// Limits: the routes that went with an address or with the interface when it was brought down do
// not come back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "switch/frame/mac_address.hpp"
#include "switch/frame/offload.hpp"
#include "switch/system/interface_address.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/net_namespace.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

struct InterfaceSettings {
  std::string interface;
  std::optional<NetNamespaceRef> name_space;  // nullopt: ours
  std::optional<MacAddress> mac;              // of the interface; nullopt: as it is
  std::optional<std::uint32_t> mtu;           // nullopt: as it is
  // Whether it stays when the port is closed. One that is adopted stays in any case, until
  // set_persist(false) is called.
  bool persist = false;
  bool is_up = true;
  bool has_carrier = true;
  std::vector<InterfaceAddress> addresses;
  // Offloads that the interface's owner may leave to the switch and takes over from it, as far as
  // the kernel can; nothing: each frame is whole in both directions.
  OffloadSet offloads = all_offloads;
};

// "veth 'eth0' in namespace 'lab'", where 'kind' is "veth".
[[nodiscard]] std::string describe_interface(std::string_view kind,
                                             const InterfaceSettings& settings);

// The interface of that name in the namespace of 'routes'; nullopt if there is none.
[[nodiscard]] KernelResult<std::optional<InterfaceInfo>> look_up_interface(
    RouteSocket& routes, const std::string& interface);

// The interface under configuration, in whose namespace 'routes' is: each step says what it could
// not do. 'before' is how it was.
class InterfaceConfiguration {
 public:
  InterfaceConfiguration(RouteSocket& routes, const InterfaceInfo& before,
                         const InterfaceSettings& settings, std::string object)
      : routes_(routes), before_(before), settings_(settings), object_(std::move(object)) {}

  [[nodiscard]] KernelResult<void> set_mtu();
  [[nodiscard]] KernelResult<void> set_mac();
  [[nodiscard]] KernelResult<void> add_addresses();
  [[nodiscard]] KernelResult<void> set_up();

  // An error comes out as "cannot 'action' 'object'".
  [[nodiscard]] KernelResult<void> told(KernelResult<void> done, std::string_view action) const;

 private:
  RouteSocket& routes_;
  const InterfaceInfo& before_;
  const InterfaceSettings& settings_;
  const std::string object_;
};

// Gives the interface those of 'addresses' it does not have; the result is those. On failure it has
// none of them.
[[nodiscard]] KernelResult<std::vector<InterfaceAddress>> add_addresses(
    RouteSocket& routes, int index, const std::vector<InterfaceAddress>& addresses);

// Gives it 'wanted' and takes those of 'asked' away that are not among them; addresses that came
// from elsewhere stay. All or nothing.
[[nodiscard]] KernelResult<void> replace_addresses(RouteSocket& routes, int index,
                                                   const std::vector<InterfaceAddress>& asked,
                                                   const std::vector<InterfaceAddress>& wanted);

// How an interface is, in what such a port may change about it.
struct InterfaceState {
  std::optional<MacAddress> mac;
  std::uint32_t mtu = 0;
  bool is_up = false;
  std::vector<SavedAddress> addresses;  // but for those that the kernel gives by itself
};

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

// Returns how the interface of 'info' is, which is in the namespace of 'routes'.
[[nodiscard]] KernelResult<InterfaceState> read_interface_state(RouteSocket& routes,
                                                                const InterfaceInfo& info);

// Makes the interface, which is as 'now' says, as it was. Of the addresses that have come since,
// those of 'added' go. Does all that can be done, and returns the first refusal.
[[nodiscard]] KernelResult<void> restore_interface(RouteSocket& routes, const InterfaceInfo& now,
                                                   const InterfaceState& state,
                                                   const std::vector<InterfaceAddress>& added);

}  // namespace tapswitch
