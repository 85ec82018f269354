// SPDX-License-Identifier: Apache-2.0
#include "control/api/trace_path.hpp"

#include <fmt/format.h>

namespace tapswitch::api {
namespace {

using network::RunningPort;

std::optional<std::string> refusal_of(const RunningPort& port) {
  const auto refusal = port.path_refusal();
  return refusal ? std::optional(fmt::format("port {}: {}", port.spec.name, *refusal))
                 : std::nullopt;
}

}  // namespace

std::optional<std::string> path_refusal(const network::Network& network, const RunningPort& ingress,
                                        const FollowedFrame& frame) {
  if (network.path_refusal()) {
    return network.path_refusal();
  }
  if (auto refusal = refusal_of(ingress)) {
    return refusal;
  }
  if (!frame.egress) {
    return "it is not forwarded by one port alone, to a station that is known there";
  }
  if (frame.is_news) {
    return "its source is not known on its port yet";
  }
  if (const std::string* const name = network.port_name(*ingress.home, *frame.egress)) {
    if (auto refusal = refusal_of(network.ports().at(*name))) {
      return refusal;
    }
  }
  if (frame.needs_vendor_tag) {
    return "its tag is of a vendor's type";
  }
  const Picture& picture = ingress.home->engine->picture();
  if (frame.size < picture.slot(*frame.egress).least_frame_size) {
    return "it is filled up to the length of the shortest frame";
  }
  const SwitchId id = ingress.home->engine->id();
  const bool learns = picture.snapshot->port(ingress.index).learning();
  if ((learns && !ingress.home->path->knows(id, frame.source)) ||
      !ingress.home->path->knows(id, frame.destination)) {
    return "the path has no room for one of its stations";
  }
  return std::nullopt;
}

}  // namespace tapswitch::api
