// SPDX-License-Identifier: Apache-2.0
#include "control/network/name_spaces.hpp"

#include "switch/system/net_namespace.hpp"

namespace tapswitch::network {

bool is_in_name_space_of_process(const config::PortSpec& port) {
  const auto name_space = config::name_space_of(port.far_end);
  return name_space && NetNamespaceRef(*name_space).is_of_process();
}

void prefer_name(config::PortSpec& port) {
  if (!is_in_name_space_of_process(port)) {
    return;
  }
  const NetNamespaceRef given(*config::name_space_of(port.far_end));
  if (const auto name = given.find_name()) {
    config::rename_name_space(port.far_end, *name);
  }
}

void prefer_names(config::NetworkSpec& network) {
  for (auto& [name, home] : network.switches) {
    for (config::PortSpec& port : home.ports) {
      prefer_name(port);
    }
  }
}

}  // namespace tapswitch::network
