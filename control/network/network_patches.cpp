// SPDX-License-Identifier: Apache-2.0
// network_patches.cpp: the part of Network that joins switches by patches, and sees to it that they
// make no ring.
#include <variant>

#include "control/config/patches.hpp"
#include "control/network/network.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using config::PatchSpec;
using rpc::Error;
using rpc::ErrorKind;

void Network::check_patch(const RunningSwitch& home, const config::PortSpec& spec) const {
  const auto* patch = std::get_if<PatchSpec>(&spec.far_end);
  if (patch == nullptr) {
    const auto user = port_with_.find(PatchSpec::end_of(spec.name).name);
    if (user != port_with_.end()) {
      throw Error(ErrorKind::conflict,
                  "patch '" + user->second + "' leads to '" + spec.name +
                      "', which must be a patch that leads back",
                  {{"object", spec.name}, {"field", "type"}, {"port", user->second}});
    }
    return;
  }
  if (const auto peer = ports_.find(patch->peer); peer != ports_.end()) {
    if (!std::holds_alternative<PatchSpec>(peer->second.spec.far_end)) {
      throw rpc::invalid_params(
          {{"peer", "port '" + patch->peer + "' is no patch", "a patch that leads back"}});
    }
  }
  config::Patches patches;
  for (const auto& [name, port] : ports_) {
    if (const auto* other = std::get_if<PatchSpec>(&port.spec.far_end)) {
      (void)patches.add(name, port.home->spec.name, other->peer);
    }
  }
  const auto fault = patches.add(spec.name, home.spec.name, patch->peer);
  if (fault && fault->ring.empty()) {
    throw rpc::invalid_params({{"peer", fault->problem, fault->allowed}});
  }
  if (fault) {
    throw Error(ErrorKind::conflict, "patch '" + spec.name + "' is refused: " + fault->problem,
                {{"object", spec.name}, {"field", "peer"}, {"ring", fault->ring}});
  }
}

// The other end of a patch, if it is there.
Network::RunningPort* Network::opposite_of(const config::PortSpec& spec) {
  const auto* patch = std::get_if<PatchSpec>(&spec.far_end);
  const auto found = patch != nullptr ? ports_.find(patch->peer) : ports_.end();
  return found != ports_.end() ? &found->second : nullptr;
}

}  // namespace tapswitch::network
