// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/tap/tap_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "switch/ports/tap/tap_configuration.hpp"
#include "switch/ports/tap/tap_port.hpp"
#include "switch/system/interface_name.hpp"
#include "switch/system/net_namespace.hpp"

namespace tapswitch {
namespace {

// A TAP is called so until it is moved to its namespace under its own name.
constexpr const char* name_until_moved = "tsw%d";

constexpr const char* in_use_hint = "another port or another process has it open";

// The same error, told as the failure to get hold of the TAP at all.
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
      // Also without offloads, which may be asked for later.
      .has_header = true,
      .is_multi_queue = options.queues > 1,
      .queues = options.queues,
  };
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

// How the interface 'existing' is, in the namespace of the calling thread.
KernelResult<TapState> look_before(const InterfaceInfo& existing) {
  auto routes = RouteSocket::open();
  return routes ? read_tap_state(*routes, existing) : routes.error();
}

// Configures the interface, which is in the namespace of the calling thread, and takes the device
// if it succeeds. 'before' is how one was that was there; nullopt: it was created.
KernelResult<TapSetup> configure(TapDevice& device, std::optional<TapState> before,
                                 const TapOptions& options) {
  auto routes = RouteSocket::open();
  if (!routes) {
    return retell(routes.error(), "configure", options);
  }
  const auto info = routes->find(options.interface);
  if (!info) {
    return retell(info.error(), "configure", options);
  }
  if (auto applied = apply_options(*routes, device, *info, options, !before); !applied) {
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
  auto setup = configure(*device, *before, options);
  if (!setup) {
    device->put_back();
    device->close();
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
  auto setup = configure(device, std::move(*before), options);
  if (!setup) {
    device.put_back();
  }
  return setup;
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
  auto existing = run_in(target->get(), [&]() -> KernelResult<std::optional<InterfaceInfo>> {
    auto routes = RouteSocket::open();
    return routes ? look_up_interface(*routes, options.interface) : routes.error();
  });
  if (!existing) {
    return retell(existing.error(), "open", options);
  }
  if (!*existing && !is_ours) {
    auto device = create_and_move(options, target->get());
    if (!device) {
      return retell_opening(device.error(), options);
    }
    return run_in(target->get(), [&] { return configure(*device, {}, options); });
  }
  return run_in(target->get(), [&]() -> KernelResult<TapSetup> {
    if (*existing) {
      return adopt_and_configure(**existing, options);
    }
    auto device = TapDevice::create(options.interface, mode_of(options));
    if (!device) {
      return retell_opening(device.error(), options);
    }
    return configure(*device, {}, options);
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
  if (options.mtu || options.mac || options.speed || options.is_full_duplex ||
      !options.addresses.empty()) {
    return retell(door.error(), "configure", options);
  }
  if (auto prepared = device.prepare(); !prepared) {
    return retell(prepared.error(), "open", options);
  }
  if (auto configured = configure_unseen(device, options); !configured) {
    device.put_back();
    return retell(configured.error(), "configure", options);
  }
  const OffloadSet offloads = device.set_offloads(options.offloads);
  return TapSetup{.device = std::move(device),
                  .was_created = false,
                  .offloads = offloads,
                  .index = 0,
                  .before = {}};
}

}  // namespace tapswitch
