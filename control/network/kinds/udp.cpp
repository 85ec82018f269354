// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/udp.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/udp/udp_port.hpp"

namespace tapswitch::network {
namespace {

class UdpEnd final : public OpenEnd {
 public:
  [[nodiscard]] static OpenedPort of(std::unique_ptr<UdpPort> port) {
    auto end = std::make_unique<UdpEnd>(*port);
    return {.port = std::move(port), .end = std::move(end)};
  }

  explicit UdpEnd(const UdpPort& port) : port_(port) {}

  [[nodiscard]] std::optional<HandedEnd> hand_over() const override {
    return HandedEnd{.words = Json::object(), .descriptors = {port_.descriptor(0)}};
  }

 private:
  const UdpPort& port_;
};

UdpOptions udp_options(const config::UdpSpec& spec) {
  return {.local = *SocketAddress::of_host_and_port(spec.local),
          .remote = *SocketAddress::of_host_and_port(spec.remote),
          .mtu = spec.mtu.value_or(0)};
}

}  // namespace

OpenedPort open_end(const config::UdpSpec& end, const Opening& /*opening*/) {
  return UdpEnd::of(value_or_refuse(UdpPort::open(udp_options(end))));
}

OpenedPort inherit_end(const config::UdpSpec& end, const Json& /*words*/,
                       std::vector<UniqueFd> descriptors) {
  if (descriptors.size() != 1) {
    throw std::runtime_error("the socket of a UDP port did not come");
  }
  return UdpEnd::of(UdpPort::inherit(std::move(descriptors.front()), udp_options(end)));
}

}  // namespace tapswitch::network
