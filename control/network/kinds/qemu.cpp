// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/qemu.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/attended_end.hpp"
#include "switch/ports/qemu/qemu_port.hpp"

namespace tapswitch::network {
namespace {

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
                                        .reconnect = std::chrono::seconds(spec.reconnect.seconds)},
            .access = access,
            .mtu = mtu};
  }
  return {.end = QemuOptions::Datagram{.local = *SocketAddress::of_path(spec.datagram->local),
                                       .remote = *SocketAddress::of_path(spec.datagram->remote)},
          .access = access,
          .mtu = mtu};
}

}  // namespace

void check_open(const config::QemuSpec& end) { (void)qemu_options(end); }

OpenedPort open_end(const config::QemuSpec& end, const Opening& /*opening*/) {
  std::unique_ptr<AttendedPort> port = value_or_refuse(open_qemu_port(qemu_options(end)));
  auto open = std::make_unique<AttendedEnd>(*port);
  return {.port = std::move(port), .end = std::move(open)};
}

}  // namespace tapswitch::network
