// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/vhost_user.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "switch/ports/vhost_user/vhost_user_port.hpp"

namespace tapswitch::network {
namespace {

class VhostUserEnd final : public OpenEnd {
 public:
  explicit VhostUserEnd(VhostUserPort& port) : port_(port) {}

  [[nodiscard]] int bell() const override { return port_.bell(); }
  void answer() override { port_.answer(); }

 private:
  VhostUserPort& port_;
};

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
                                       .reconnect = std::chrono::seconds(spec.reconnect_seconds)},
      .access = access,
      .mtu = mtu};
}

}  // namespace

void check_open(const config::VhostUserSpec& end) { (void)vhost_user_options(end); }

OpenedPort open_end(const config::VhostUserSpec& end, const Opening& /*opening*/) {
  std::unique_ptr<VhostUserPort> port =
      value_or_refuse(VhostUserPort::open(vhost_user_options(end)));
  auto open = std::make_unique<VhostUserEnd>(*port);
  return {.port = std::move(port), .end = std::move(open)};
}

}  // namespace tapswitch::network
