// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/vxlan.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/vxlan/vxlan_port.hpp"

namespace tapswitch::network {
namespace {

constexpr std::uint32_t usual_mtu = 1500;

VxlanOptions vxlan_options(const config::VxlanSpec& spec) {
  VxlanOptions options{.vni = spec.vni,
                       .local = *SocketAddress::of_host_and_port(spec.local_end()),
                       .remotes = {},
                       .learns_remotes = spec.learn_remotes,
                       .inherits_tos = spec.inherits_tos,
                       .has_checksum = spec.checksum,
                       .mtu = spec.mtu.value_or(0)};
  for (const std::string& remote : spec.remotes) {
    options.remotes.push_back(*SocketAddress::of_address(remote, spec.udp_port));
  }
  if (spec.source_ports) {
    options.source_ports = PortRange::parse(*spec.source_ports);
  }
  if (spec.ttl) {
    options.ttl = static_cast<int>(*spec.ttl);
  }
  if (spec.tos) {
    options.tos = static_cast<int>(*spec.tos);
  }
  return options;
}

Json describe_remote(const Remote& remote, std::optional<std::size_t> stations) {
  Json json = {{"address", remote.address.host()},
               {"learned", !remote.is_told},
               {"way_mtu", remote.way_mtu.load(std::memory_order_relaxed)},
               {"in_frames", remote.in_frames.value()},
               {"in_octets", remote.in_octets.value()},
               {"out_frames", remote.out_frames.value()},
               {"out_octets", remote.out_octets.value()},
               {"unsent", remote.unsent.value()},
               {"refused", remote.refused.value()}};
  if (stations) {
    json["stations"] = *stations;
  }
  return json;
}

class VxlanEnd final : public OpenEnd {
 public:
  [[nodiscard]] static OpenedPort of(std::unique_ptr<VxlanPort> port) {
    auto end = std::make_unique<VxlanEnd>(*port);
    OpenedPort opened{.port = std::move(port), .end = std::move(end)};
    return opened;
  }

  explicit VxlanEnd(VxlanPort& port) : port_(port) {}

  void follow_rule(const PortRule& rule) override { port_.set_learning(rule.learning); }

  [[nodiscard]] Json describe_tunnel() const override {
    Json remotes = Json::array();
    Fdb* const stations = port_.stations();
    if (stations != nullptr) {
      (void)stations->expire(std::chrono::steady_clock::now());
    }
    for (std::size_t number = 0; number < port_.remotes().count(); ++number) {
      const auto behind = stations == nullptr
                              ? std::nullopt
                              : std::optional(stations->count_on(static_cast<PortIndex>(number)));
      remotes.push_back(describe_remote(port_.remotes().at(number), behind));
    }
    Json tunnel = {{"remotes", std::move(remotes)},
                   {"remotes_not_learned", port_.remotes().not_learned()}};
    if (stations != nullptr) {
      const FdbCounters counted = stations->counters();
      tunnel["stations_moved"] = counted.moved;
      tunnel["stations_refused"] = counted.refused_table_full;
    }
    return tunnel;
  }

  [[nodiscard]] std::optional<HandedEnd> hand_over() const override {
    return HandedEnd{.words = {{"place", port_.place()}}, .descriptors = {port_.descriptor(0)}};
  }

  void leave_to_other(bool is_left) override { port_.leave_to_other(is_left); }

 private:
  VxlanPort& port_;
};

// Tells a user who has thought of no MTU what there is to know.
void remark_on_mtu(const config::VxlanSpec& end, std::uint32_t mtu, OpenedPort& opened) {
  if (!end.mtu && mtu != 0 && mtu < usual_mtu) {
    opened.remarks.push_back(
        fmt::format("a frame that leaves here has at most {} bytes of payload, tags counted: the "
                    "tunnel takes the rest of what the way takes; let stations have that MTU, or "
                    "longer frames are mtu_exceeded",
                    mtu));
  }
}

}  // namespace

OpenedPort open_end(const config::VxlanSpec& end, const Opening& /*opening*/) {
  auto port = value_or_refuse(VxlanPort::open(vxlan_options(end)));
  const std::uint32_t mtu = port->mtu();
  OpenedPort opened = VxlanEnd::of(std::move(port));
  remark_on_mtu(end, mtu, opened);
  return opened;
}

OpenedPort inherit_end(const config::VxlanSpec& end, const Json& words,
                       std::vector<UniqueFd> descriptors) {
  if (descriptors.size() != 1) {
    throw std::runtime_error("the socket of a tunnel did not come");
  }
  return VxlanEnd::of(value_or_refuse(VxlanPort::inherit(
      std::move(descriptors.front()), words.at("place").get<std::size_t>(), vxlan_options(end))));
}

}  // namespace tapswitch::network
