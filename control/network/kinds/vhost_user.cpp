// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/vhost_user.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/attended_end.hpp"
#include "switch/ports/vhost_user/vhost_user_port.hpp"

namespace tapswitch::network {
namespace {

VhostUserOptions vhost_user_options(const config::VhostUserSpec& spec) {
  const FileAccess access = file_access(spec.access);
  const std::uint32_t mtu = spec.mtu.value_or(0);
  if (spec.listen) {
    return {.end = VhostUserOptions::Listen{*SocketAddress::of_path(*spec.listen)},
            .access = access,
            .mtu = mtu};
  }
  return {
      .end = VhostUserOptions::Connect{.address = *SocketAddress::of_path(*spec.connect),
                                       .reconnect = std::chrono::seconds(spec.reconnect.seconds)},
      .access = access,
      .mtu = mtu};
}

}  // namespace

void check_open(const config::VhostUserSpec& end) { (void)vhost_user_options(end); }

OpenedPort open_end(const config::VhostUserSpec& end, const Opening& /*opening*/) {
  std::unique_ptr<VhostUserPort> port =
      value_or_refuse(VhostUserPort::open(vhost_user_options(end)));
  auto open = std::make_unique<AttendedEnd>(*port);
  return {.port = std::move(port), .end = std::move(open)};
}

}  // namespace tapswitch::network
