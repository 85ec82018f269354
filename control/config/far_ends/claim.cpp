// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/claim.hpp"

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/interface_name.hpp"

namespace tapswitch::config {

void name_interface(std::string& interface, const std::string& port_name) {
  if (!interface.empty()) {
    return;
  }
  if (interface_name_fault(port_name)) {
    throw rpc::invalid_params(
        {{"interface", "the port's name '" + port_name + "' cannot name an interface",
          interface_schema().allowed()}});
  }
  interface = port_name;
}

}  // namespace tapswitch::config
