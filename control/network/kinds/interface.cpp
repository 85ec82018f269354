// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/interface.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "switch/ports/interface/interface_port.hpp"

namespace tapswitch::network {

OpenedPort open_end(const config::InterfaceSpec& end, const Opening& /*opening*/) {
  InterfaceOptions options;
  options.interface = end.interface;
  if (end.name_space) {
    options.name_space = NetNamespaceRef(*end.name_space);
  }
  options.offloads = end.offload ? all_offloads : OffloadSet();
  std::unique_ptr<InterfacePort> port = value_or_refuse(InterfacePort::open(options));
  OpenedPort opened;
  if (!port->host_addresses().empty()) {
    opened.remarks.push_back(
        fmt::format("interface '{}' has the address {}: the host, too, answers what comes in there",
                    end.interface, port->host_addresses().front().to_string()));
  }
  if (port->has_master()) {
    opened.remarks.push_back(fmt::format(
        "interface '{}' belongs to a bridge or a bond, which, too, takes what comes in there",
        end.interface));
  }
  opened.port = std::move(port);
  return opened;
}

}  // namespace tapswitch::network
