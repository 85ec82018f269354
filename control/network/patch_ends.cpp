// SPDX-License-Identifier: Apache-2.0
#include "control/network/patch_ends.hpp"

#include <utility>

#include "control/config/patches.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using rpc::Error;
using rpc::ErrorKind;

namespace {

// Returns all that run, but for those that would be at fault.
config::Patches patches_of(const Inventory& inventory, config::Patches::HasTree has_tree) {
  config::Patches patches(std::move(has_tree));
  for (const auto& [name, port] : inventory.ports()) {
    if (const auto other = config::leads_to(port.spec.far_end)) {
      (void)patches.add(name, port.home->spec.name, *other);
    }
  }
  return patches;
}

}  // namespace

void check_patch(const Inventory& inventory, const Claims& claims, const RunningSwitch& home,
                 const config::PortSpec& spec) {
  const auto leads_to = config::leads_to(spec.far_end);
  if (!leads_to) {
    if (const std::string* user = claims.holder_of(config::other_end_claim(spec.name).name)) {
      throw Error(ErrorKind::conflict,
                  "patch '" + *user + "' leads to '" + spec.name +
                      "', which must be a patch that leads back",
                  {{"object", spec.name}, {"field", "type"}, {"port", *user}});
    }
    return;
  }
  if (const auto peer = inventory.ports().find(*leads_to); peer != inventory.ports().end()) {
    if (!config::leads_to(peer->second.spec.far_end)) {
      throw rpc::invalid_params(
          {{"peer", "port '" + *leads_to + "' is no patch", "a patch that leads back"}});
    }
  }
  config::Patches patches = patches_of(inventory, [&inventory](const std::string& name) {
    return inventory.switches().at(name).spec.stp.is_on;
  });
  const auto fault = patches.add(spec.name, home.spec.name, *leads_to);
  if (fault && fault->ring.empty()) {
    throw rpc::invalid_params({{"peer", fault->problem, fault->allowed}});
  }
  if (fault) {
    throw Error(ErrorKind::conflict, "patch '" + spec.name + "' is refused: " + fault->problem,
                {{"object", spec.name}, {"field", "peer"}, {"ring", fault->ring}});
  }
}

void check_without_tree(const Inventory& inventory, const RunningSwitch& home) {
  config::Patches patches([&](const std::string& name) {
    return name != home.spec.name && inventory.switches().at(name).spec.stp.is_on;
  });
  for (const auto& [name, port] : inventory.ports()) {
    const auto other = config::leads_to(port.spec.far_end);
    const auto fault = other ? patches.add(name, port.home->spec.name, *other) : std::nullopt;
    if (fault && !fault->ring.empty()) {
      throw Error(ErrorKind::conflict,
                  "switch '" + home.spec.name +
                      "' needs its spanning tree, for patches make a ring of it: remove patch '" +
                      name + "' first",
                  {{"object", home.spec.name}, {"field", "stp.mode"}, {"ring", fault->ring}});
    }
  }
}

void check_in_tree(const config::PortSpec& spec) {
  if (spec.stp.bpdu_filter && config::leads_to(spec.far_end)) {
    throw rpc::invalid_params(
        {{"stp.bpdu_filter", "nothing else ends a ring of patches", "false on a patch"}});
  }
}

RunningPort* opposite_of(Inventory& inventory, const config::PortSpec& spec) {
  const auto peer = config::leads_to(spec.far_end);
  const auto found = peer ? inventory.ports().find(*peer) : inventory.ports().end();
  return found != inventory.ports().end() ? &found->second : nullptr;
}

}  // namespace tapswitch::network
