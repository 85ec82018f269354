// SPDX-License-Identifier: Apache-2.0
#include "control/network/open_port.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/network/tap_options.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/interface/interface_port.hpp"
#include "switch/ports/qemu/qemu_port.hpp"

namespace tapswitch::network {
namespace {

void check(const config::TapSpec& spec) {
  if (spec.is_passed) {
    throw rpc::invalid_params({{"passed", "only the descriptor of such a port can open it",
                                "port.add with fd, and the descriptor"}});
  }
  (void)tap_options(spec, {});
}

OpenedPort open(const config::TapSpec& spec, const OffloadSet& offloads) {
  return opened_tap(value_or_refuse(TapPort::open(tap_options(spec, offloads))));
}

void check(const config::InterfaceSpec& /*spec*/) {}

OpenedPort open(const config::InterfaceSpec& spec, const OffloadSet& /*offloads*/) {
  InterfaceOptions options;
  options.interface = spec.interface;
  if (spec.name_space) {
    options.name_space = NetNamespaceRef(*spec.name_space);
  }
  options.offloads = spec.offload ? all_offloads : OffloadSet();
  std::unique_ptr<InterfacePort> port = value_or_refuse(InterfacePort::open(options));
  OpenedPort opened;
  if (!port->host_addresses().empty()) {
    opened.remarks.push_back(
        fmt::format("interface '{}' has the address {}: the host, too, answers what comes in there",
                    spec.interface, port->host_addresses().front().to_string()));
  }
  if (port->has_master()) {
    opened.remarks.push_back(fmt::format(
        "interface '{}' belongs to a bridge or a bond, which, too, takes what comes in there",
        spec.interface));
  }
  opened.port = std::move(port);
  return opened;
}

void check(const config::PatchSpec& /*spec*/) {}

OpenedPort open(const config::PatchSpec& /*spec*/, const PatchPort* opposite) {
  OpenedPort opened;
  opened.port = opposite != nullptr ? PatchPort::open_opposite(*opposite)
                                    : value_or_refuse(PatchPort::open());
  return opened;
}

FileAccess file_access(const config::SocketAccess& access) {
  return {.owner = owner_of(access.owner), .group = group_of(access.group), .mode = access.mode};
}

QemuOptions qemu_options(const config::QemuSpec& spec) {
  const FileAccess access = file_access(spec.access);
  const std::uint32_t mtu = spec.mtu.value_or(0);
  if (spec.listen) {
    return {.end = QemuOptions::Listen{*SocketAddress::parse(*spec.listen)},
            .access = access,
            .mtu = mtu};
  }
  if (spec.connect) {
    return {.end = QemuOptions::Connect{.address = *SocketAddress::parse(*spec.connect),
                                        .reconnect = std::chrono::seconds(spec.reconnect_seconds)},
            .access = access,
            .mtu = mtu};
  }
  return {.end = QemuOptions::Datagram{.local = *SocketAddress::of_path(spec.datagram->local),
                                       .remote = *SocketAddress::of_path(spec.datagram->remote)},
          .access = access,
          .mtu = mtu};
}

void check(const config::QemuSpec& spec) { (void)qemu_options(spec); }

OpenedPort open(const config::QemuSpec& spec, const OffloadSet& /*offloads*/) {
  OpenedPort opened;
  opened.port = value_or_refuse(open_qemu_port(qemu_options(spec)));
  return opened;
}

VdeOptions vde_options(const config::VdeSpec& spec) {
  return {.directory = spec.directory, .access = file_access(spec.access)};
}

void check(const config::VdeSpec& spec) { (void)vde_options(spec); }

OpenedPort open(const config::VdeSpec& spec, const OffloadSet& /*offloads*/) {
  std::unique_ptr<VdeDoor> port = value_or_refuse(VdeDoor::open(vde_options(spec)));
  VdeDoor* const door = port.get();
  return {.port = std::move(port), .door = door};
}

}  // namespace

OpenedPort open_passed_tap(TapDevice tap, const config::TapSpec& spec) {
  return opened_tap(
      value_or_refuse(TapPort::take_over(std::move(tap), tap_options(spec, all_offloads))));
}

OpenedPort opened_tap(std::unique_ptr<TapPort> port) {
  TapPort* const tap = port.get();
  return {.port = std::move(port), .tap = tap};
}

void check_far_end(const config::FarEnd& end) {
  std::visit([](const auto& spec) { check(spec); }, end);
}

OpenedPort open_port(const config::FarEnd& end, const OffloadSet& offloads,
                     const PatchPort* opposite) {
  return std::visit(
      [&]<typename Kind>(const Kind& spec) {
        if constexpr (std::is_same_v<Kind, config::PatchSpec>) {
          return open(spec, opposite);
        } else {
          return open(spec, offloads);
        }
      },
      end);
}

}  // namespace tapswitch::network
