// SPDX-License-Identifier: Apache-2.0
#include "control/network/inventory.hpp"

#include <algorithm>

namespace tapswitch::network {

using rpc::Error;
using rpc::ErrorKind;

Error no_such(const char* what, const std::string& name) {
  return {ErrorKind::not_found,
          std::string("there is no ") + what + " '" + name + "'",
          {{"object", name}}};
}

RunningSwitch& Inventory::find_switch(const std::optional<std::string>& name) {
  if (name) {
    const auto found = switches_.find(*name);
    if (found == switches_.end()) {
      throw no_such("switch", *name);
    }
    return found->second;
  }
  if (switches_.empty()) {
    throw Error(ErrorKind::not_found, "there is no switch: add one first");
  }
  if (switches_.size() > 1) {
    std::string names;
    for (const auto& [switch_name, running] : switches_) {
      names += (names.empty() ? "" : ", ") + switch_name;
    }
    throw rpc::invalid_params({{"switch", "missing, and there are several switches", names}});
  }
  return switches_.begin()->second;
}

RunningPort& Inventory::find_port(const std::string& name) {
  const auto found = ports_.find(name);
  if (found == ports_.end()) {
    throw no_such("port", name);
  }
  return found->second;
}

std::vector<const RunningPort*> Inventory::ports_of(const RunningSwitch& home) const {
  std::vector<const RunningPort*> found;
  found.reserve(home.port_names.size());
  for (const auto& [index, name] : home.port_names) {
    found.push_back(&ports_.at(name));
  }
  std::ranges::sort(found, {},
                    [](const RunningPort* port) -> const std::string& { return port->spec.name; });
  return found;
}

config::NetworkSpec Inventory::configuration() const {
  config::NetworkSpec network;
  network.sflow = sflow_;
  for (const auto& [name, running] : switches_) {
    network.switches.emplace(name, running.spec);
  }
  for (const auto& [name, port] : ports_) {
    if (!port.is_guest()) {
      network.switches.at(port.home->spec.name).ports.push_back(port.spec);
    }
  }
  return network;
}

}  // namespace tapswitch::network
