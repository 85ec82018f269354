// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/veth.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

#include "control/config/offload_names.hpp"
#include "control/network/kinds/made_interface.hpp"
#include "switch/ports/veth/veth_port.hpp"

namespace tapswitch::network {
namespace {

class VethEnd final : public MadeInterfaceEnd<config::VethSpec, VethPort> {
 public:
  using MadeInterfaceEnd::MadeInterfaceEnd;

  [[nodiscard]] std::optional<HandedEnd> hand_over() const override {
    return HandedEnd{
        .words = {{"passes", !port_.is_persistent().value_or(true)},
                  {"is_deaf", port_.quiet().is_deaf},
                  {"has_made_place", port_.quiet().has_made_place},
                  {"offloads", config::offloads_to_json(port_.near_socket().offloads())}},
        .descriptors = {port_.near_socket().descriptor()}};
  }
  void leave_to_other(bool is_left) override { port_.leave_to_other(is_left); }
};

OpenedPort opened_veth(std::unique_ptr<VethPort> port) {
  OpenedPort opened;
  if (!port->quiet().is_deaf) {
    opened.remarks.emplace_back(
        "this kernel lacks filters (cls_bpf, clsact) that keep the host from hearing what comes in "
        "at the near end");
  }
  opened.end = std::make_unique<VethEnd>(*port);
  opened.port = std::move(port);
  return opened;
}

VethOptions veth_options(const config::VethSpec& spec, const std::string& port) {
  VethOptions options;
  take_settings(options, spec, all_offloads);
  options.port = port;
  return options;
}

}  // namespace

OpenedPort open_end(const config::VethSpec& end, const Opening& opening) {
  VethOptions options = veth_options(end, opening.spec.name);
  options.has_carrier = opening.spec.has_carrier;
  return opened_veth(value_or_refuse(VethPort::open(options)));
}

OpenedPort inherit_end(const config::VethSpec& end, const Json& words,
                       std::vector<UniqueFd> descriptors) {
  if (descriptors.size() != 1) {
    throw std::runtime_error("the descriptors of a veth are not complete");
  }
  PacketSocket socket = PacketSocket::inherit(std::move(descriptors.front()),
                                              config::offloads_from_json(words.at("offloads")));
  return opened_veth(VethPort::inherit(std::move(socket),
                                       veth_options(end, words.at("port").get<std::string>()),
                                       words.at("passes").get<bool>(),
                                       {.is_deaf = words.at("is_deaf").get<bool>(),
                                        .has_made_place = words.at("has_made_place").get<bool>()}));
}

}  // namespace tapswitch::network
