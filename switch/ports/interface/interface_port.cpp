// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/interface/interface_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "switch/system/interface_name.hpp"
#include "switch/system/link_reader.hpp"
#include "switch/system/shortage.hpp"

namespace tapswitch {
namespace {

std::string describe(const InterfaceOptions& options) {
  return options.name_space ? fmt::format("interface '{}' in namespace '{}'", options.interface,
                                          options.name_space->text())
                            : fmt::format("interface '{}'", options.interface);
}

KernelError refusal(int number, const InterfaceOptions& options, std::string hint) {
  KernelError error = kernel_error(number, "bind", "open", describe(options));
  error.hint = std::move(hint);
  return error;
}

// The same error, told as a failure to open the interface of 'options'.
KernelError retell(KernelError error, const InterfaceOptions& options) {
  error.action = "open";
  error.object = describe(options);
  return error;
}

}  // namespace

struct InterfacePort::Setup {
  PacketSocket socket;
  std::vector<InterfaceAddress> host_addresses;
  bool has_master;
  std::uint64_t egress_drops;
};

KernelResult<std::unique_ptr<InterfacePort>> InterfacePort::open(const InterfaceOptions& options) {
  if (const auto fault = interface_name_fault(options.interface)) {
    return refusal(EINVAL, options, "its name " + *fault);
  }
  auto target = options.name_space ? options.name_space->open() : open_current_net_namespace();
  if (!target) {
    // The reference is the object here, and says more than the interface would.
    return target.error();
  }
  auto setup = run_in(target->get(), [&] { return set_up(options); });
  if (!setup) {
    return retell(setup.error(), options);
  }
  return std::unique_ptr<InterfacePort>(new InterfacePort(std::move(*setup), options));
}

// In the namespace of the interface.
KernelResult<InterfacePort::Setup> InterfacePort::set_up(const InterfaceOptions& options) {
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  const auto info = routes->find(options.interface);
  if (!info && info.error().number == ENODEV) {
    return refusal(ENODEV, options, "there is no interface of that name");
  }
  if (!info) {
    return info.error();
  }
  if (info->is_loopback) {
    return refusal(EINVAL, options, "it is the loopback interface, where the host talks to itself");
  }
  if (!info->is_ethernet) {
    return refusal(EINVAL, options, "it carries no Ethernet frames");
  }
  auto addresses = routes->addresses(info->index);
  if (!addresses) {
    return addresses.error();
  }
  std::erase_if(*addresses, [](const auto& address) { return address.is_link_local(); });
  auto socket = PacketSocket::open(info->index);
  if (!socket) {
    return socket.error();
  }
  InterfaceStatistics before;
  if (const auto told = routes->statistics(info->index); told && told->contains(info->index)) {
    before = told->at(info->index);
  }
  return Setup{.socket = std::move(*socket),
               .host_addresses = std::move(*addresses),
               .has_master = info->master != 0,
               .egress_drops = before.transmitted_dropped};
}

InterfacePort::InterfacePort(Setup setup, const InterfaceOptions& options)
    : PacketPort(std::move(setup.socket), options.offloads, setup.egress_drops),
      interface_(options.interface),
      name_space_(options.name_space),
      host_addresses_(std::move(setup.host_addresses)),
      has_master_(setup.has_master) {}

LinkStatus InterfacePort::link() const {
  LinkReader reader;
  return read_link(reader);
}

Whereabouts InterfacePort::whereabouts() const {
  return {.name = [this] { return socket().name(); },
          .name_space = [this] { return open_name_space(); }};
}

LinkStatus InterfacePort::read_link(LinkReader& reader) const {
  return read_interface_link(reader, whereabouts());
}

KernelDrops InterfacePort::read_drops(LinkReader& reader, std::optional<int> index) {
  return drops(read_interface_statistics(reader, index, whereabouts()));
}

KernelResult<void> InterfacePort::set_up(bool is_up) {
  const auto name = socket().name();
  const auto name_space = open_name_space();
  const auto done = [&]() -> KernelResult<void> {
    if (!name || !name_space) {
      return name ? name_space.error() : name.error();
    }
    return run_in(name_space->get(), [&]() -> KernelResult<void> {
      auto routes = RouteSocket::open();
      if (!routes) {
        return routes.error();
      }
      const auto info = routes->find(*name);
      return info ? routes->change(info->index, {.is_up = is_up}) : info.error();
    });
  }();
  if (!done) {
    KernelError error = done.error();
    error.action = is_up ? "bring up" : "bring down";
    error.object = fmt::format("interface '{}'", name ? *name : interface_);
    return error;
  }
  return {};
}

KernelResult<UniqueFd> InterfacePort::open_name_space() const {
  auto now = socket().name_space();
  if (now || is_shortage(now.error().number)) {
    return now;
  }
  return name_space_ ? name_space_->open() : open_current_net_namespace();
}

}  // namespace tapswitch
