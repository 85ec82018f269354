// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "switch/ports/tap/tap_port.hpp"
#include "switch/system/interface_name.hpp"
#include "switch/system/net_namespace.hpp"

namespace tapswitch {
namespace {

// A TAP is called so until it is moved to its namespace under its own name.
constexpr const char* name_until_moved = "tsw%d";

constexpr const char* in_use_hint = "another port or another process has it open";

// The same error, told as the failure of 'action' on the TAP of 'options'.
KernelError retell(KernelError error, std::string_view action, const TapOptions& options) {
  error.action = action;
  error.object = describe_tap(options);
  return error;
}

// The same for the failure to get hold of the TAP at all.
KernelError retell_opening(KernelError error, const TapOptions& options) {
  if (error.call == "open") {
    error.hint = fmt::format("{}: {}", error.object, error.hint);
  }
  return retell(std::move(error), "open", options);
}

KernelResult<UniqueFd> open_target(const TapOptions& options) {
  return options.name_space ? options.name_space->open() : open_current_net_namespace();
}

TapDevice::Mode mode_of(const TapOptions& options) {
  return {
      // A TAP without offloads has bare frames: that spares both sides the header.
      .framing = options.offloads == OffloadSet{} ? TapFraming::bare : TapFraming::vnet_header,
      .is_multi_queue = options.queues > 1,
      .queues = options.queues,
  };
}

// The interface of that name in the namespace of the calling thread; nullopt if there is none.
KernelResult<std::optional<InterfaceInfo>> look_up(const std::string& interface) {
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  auto found = routes->find(interface);
  if (!found && found.error().number == ENODEV) {
    return std::optional<InterfaceInfo>();
  }
  if (!found) {
    return found.error();
  }
  return std::optional(std::move(*found));
}

KernelResult<TapDevice> adopt(const InterfaceInfo& existing, TapDevice::Mode mode) {
  if (existing.tun && existing.tun->is_multi_queue) {
    mode.is_multi_queue = true;
    // The kernel would let us share it, frame by frame.
    if (existing.tun->queue_count > 0) {
      KernelError error =
          kernel_error(EBUSY, "TUNSETIFF", "open", fmt::format("TAP '{}'", existing.name));
      error.hint = in_use_hint;
      return error;
    }
  }
  auto device = TapDevice::adopt(existing.name, mode);
  if (device) {
    return device;
  }
  KernelError error = device.error();
  if (error.number == EBUSY) {
    error.hint = in_use_hint;
  } else if (error.number == EINVAL && !(existing.tun && existing.tun->is_tap)) {
    error.hint = "an interface of that name exists and is no TAP";
  } else if (error.number == EINVAL && !existing.tun->is_multi_queue && mode.is_multi_queue) {
    error.hint = "it was made for one queue (without multi_queue)";
  } else if (error.number == EPERM && existing.tun && existing.tun->owner) {
    error.hint += fmt::format(", or run it as the owner of the TAP, user {}", *existing.tun->owner);
  }
  return error;
}

KernelResult<TapDevice> create_and_move(const TapOptions& options, int name_space) {
  auto device = TapDevice::create(name_until_moved, mode_of(options));
  if (!device) {
    return device;
  }
  auto name = device->name();
  if (!name) {
    return name.error();
  }
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  auto created = routes->find(*name);
  if (!created) {
    return created.error();
  }
  InterfaceChange move;
  move.name = options.interface;
  move.name_space = name_space;
  if (auto moved = routes->change(created->index, move); !moved) {
    return moved.error();
  }
  return device;
}

// The interface under configuration: each step says what it could not do. Lives in the namespace of
// the interface.
class Configuration {
 public:
  Configuration(RouteSocket& routes, TapDevice& device, const InterfaceInfo& before,
                const TapOptions& options)
      : routes_(routes), device_(device), before_(before), options_(options) {}

  [[nodiscard]] KernelResult<void> apply() {
    // Last what cannot be taken back: the routes that go when an interface goes down, an owner
    // where there was none, and persistence, which would leave a trace of a failure.
    for (const auto step : {&Configuration::set_mtu, &Configuration::set_mac, &Configuration::add,
                            &Configuration::set_up, &Configuration::set_owner,
                            &Configuration::set_group, &Configuration::set_persist}) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return {};
  }

 private:
  KernelResult<void> set_mtu() {
    if (!options_.mtu || *options_.mtu == before_.mtu) {
      return {};
    }
    InterfaceChange change;
    change.mtu = options_.mtu;
    return told(routes_.change(before_.index, change), fmt::format("set MTU {} on", *options_.mtu));
  }
  KernelResult<void> set_mac() {
    if (!options_.mac || options_.mac == before_.mac) {
      return {};
    }
    InterfaceChange change;
    change.mac = options_.mac;
    return told(routes_.change(before_.index, change),
                fmt::format("set MAC address {} on", options_.mac->to_string()));
  }
  KernelResult<void> add() {
    if (auto added = add_addresses(routes_, before_.index, options_.addresses); !added) {
      return retell(added.error(), fmt::format("add {} to", added.error().object), options_);
    }
    return {};
  }
  KernelResult<void> set_up() {
    if (options_.is_up == before_.is_up) {
      return {};
    }
    InterfaceChange change;
    change.is_up = options_.is_up;
    return told(routes_.change(before_.index, change), options_.is_up ? "bring up" : "bring down");
  }
  KernelResult<void> set_owner() {
    if (!options_.owner) {
      return {};
    }
    return told(device_.set_owner(*options_.owner),
                fmt::format("set owner {} on", *options_.owner));
  }
  KernelResult<void> set_group() {
    if (!options_.group) {
      return {};
    }
    return told(device_.set_group(*options_.group),
                fmt::format("set group {} on", *options_.group));
  }
  KernelResult<void> set_persist() {
    if (!options_.persist) {
      return {};
    }
    return told(device_.set_persist(true), "make persistent");
  }

  KernelResult<void> told(KernelResult<void> done, std::string_view action) const {
    if (!done) {
      return retell(done.error(), action, options_);
    }
    return done;
  }

  RouteSocket& routes_;
  TapDevice& device_;
  const InterfaceInfo& before_;
  const TapOptions& options_;
};

// How the interface 'existing' is, in the namespace of the calling thread.
KernelResult<TapState> look_before(const InterfaceInfo& existing) {
  auto routes = RouteSocket::open();
  return routes ? read_tap_state(*routes, existing) : routes.error();
}

// Configures the interface, which is in the namespace of the calling thread. 'before' is how one
// was that was there; nullopt: it was created.
KernelResult<TapSetup> configure(TapDevice device, std::optional<TapState> before,
                                 const TapOptions& options) {
  auto routes = RouteSocket::open();
  if (!routes) {
    return retell(routes.error(), "configure", options);
  }
  const auto info = routes->find(options.interface);
  if (!info) {
    return retell(info.error(), "configure", options);
  }
  if (auto applied = Configuration(*routes, device, *info, options).apply(); !applied) {
    if (before) {
      // There is nobody to tell if the kernel does not let it.
      std::ignore = restore_tap(*routes, device, *before, options.addresses);
    }
    return applied.error();
  }
  const OffloadSet offloads = device.set_offloads(options.offloads);
  const bool was_created = !before;
  return TapSetup{.device = std::move(device),
                  .was_created = was_created,
                  .offloads = offloads,
                  .index = info->index,
                  .before = std::move(before)};
}

KernelResult<TapSetup> adopt_and_configure(const InterfaceInfo& existing,
                                           const TapOptions& options) {
  auto before = look_before(existing);
  if (!before) {
    return retell(before.error(), "configure", options);
  }
  auto device = adopt(existing, mode_of(options));
  if (!device) {
    return retell_opening(device.error(), options);
  }
  auto setup = configure(std::move(*device), *before, options);
  if (!setup) {
    // There is nobody to tell if the kernel does not let it; likewise above.
    std::ignore = restore_framing(existing.name, before->tun);
  }
  return setup;
}

// A passed descriptor is one queue; of the flows in others we would see nothing.
KernelResult<void> refuse_shared(const InterfaceInfo& existing) {
  if (existing.tun && existing.tun->queue_count > 1) {
    KernelError error = kernel_error(EBUSY, "TUNGETIFF", "open", existing.name);
    error.hint = fmt::format("it has {} queues open, and a port can be given one",
                             existing.tun->queue_count);
    return error;
  }
  return {};
}

// In the namespace of the interface.
KernelResult<TapSetup> configure_passed(TapDevice device, const TapOptions& options) {
  auto routes = RouteSocket::open();
  if (!routes) {
    return retell(routes.error(), "open", options);
  }
  const auto existing = routes->find(options.interface);
  if (!existing) {
    return retell(existing.error(), "open", options);
  }
  if (auto alone = refuse_shared(*existing); !alone) {
    return retell(alone.error(), "open", options);
  }
  auto before = read_tap_state(*routes, *existing);
  if (!before) {
    return retell(before.error(), "configure", options);
  }
  if (auto prepared = device.prepare(); !prepared) {
    return retell(prepared.error(), "open", options);
  }
  return configure(std::move(device), std::move(*before), options);
}

// Does what a descriptor alone can do. What was done before a refusal stays: how it was cannot be
// seen.
KernelResult<void> configure_unseen(TapDevice& device, const TapOptions& options) {
  KernelResult<void> done;
  if (options.owner) {
    done = device.set_owner(*options.owner);
  }
  if (done && options.group) {
    done = device.set_group(*options.group);
  }
  if (done && options.persist) {
    done = device.set_persist(true);
  }
  return done;
}

}  // namespace

KernelResult<TapSetup> set_up_tap(const TapOptions& options) {
  if (const auto fault = interface_name_fault(options.interface)) {
    KernelError error = kernel_error(EINVAL, "TUNSETIFF", "open", describe_tap(options));
    error.hint = "its name " + *fault;
    return error;
  }
  auto target = open_target(options);
  if (!target) {
    // The reference is the object here, and says more than the TAP would.
    return target.error();
  }
  const bool is_ours = net_namespace_id(target->get()) == current_net_namespace();
  auto existing = run_in(target->get(), [&] { return look_up(options.interface); });
  if (!existing) {
    return retell(existing.error(), "open", options);
  }
  if (!*existing && !is_ours) {
    auto device = create_and_move(options, target->get());
    if (!device) {
      return retell_opening(device.error(), options);
    }
    return run_in(target->get(), [&] { return configure(std::move(*device), {}, options); });
  }
  return run_in(target->get(), [&]() -> KernelResult<TapSetup> {
    if (*existing) {
      return adopt_and_configure(**existing, options);
    }
    auto device = TapDevice::create(options.interface, mode_of(options));
    if (!device) {
      return retell_opening(device.error(), options);
    }
    return configure(std::move(*device), {}, options);
  });
}

KernelResult<TapSetup> set_up_passed_tap(TapDevice device, const TapOptions& options) {
  auto name_space = device.name_space();
  const auto door = [&]() -> KernelResult<void> {
    if (!name_space) {
      return name_space.error();
    }
    const auto routes = run_in(name_space->get(), [] { return RouteSocket::open(); });
    return routes ? KernelResult<void>() : routes.error();
  }();
  if (door) {
    return run_in(name_space->get(), [&] { return configure_passed(std::move(device), options); });
  }
  if (options.mtu || options.mac || !options.addresses.empty()) {
    return retell(door.error(), "configure", options);
  }
  if (auto prepared = device.prepare(); !prepared) {
    return retell(prepared.error(), "open", options);
  }
  if (auto configured = configure_unseen(device, options); !configured) {
    return retell(configured.error(), "configure", options);
  }
  const OffloadSet offloads = device.set_offloads(options.offloads);
  return TapSetup{.device = std::move(device),
                  .was_created = false,
                  .offloads = offloads,
                  .index = 0,
                  .before = {}};
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

std::string describe_tap(const TapOptions& options) {
  return options.name_space ? fmt::format("TAP '{}' in namespace '{}'", options.interface,
                                          options.name_space->text())
                            : fmt::format("TAP '{}'", options.interface);
}

}  // namespace tapswitch
