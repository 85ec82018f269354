// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/made_interface.hpp"

#include "control/config/schema.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::size_t most_addresses = 64;

}  // namespace

std::vector<Field> MadeInterface::fields() {
  return {
      {"interface", interface_schema(),
       "the interface, made if it does not exist; default: the port's name"},
      {"namespace", namespace_schema(),
       "the network namespace of the interface; default: the daemon's"},
      {"mac", mac_schema(), "the address of the interface: of its far end, not of the switch"},
      {"mtu", Schema::integer(68, 65'521), "the MTU of the interface in bytes"},
      {"persist", Schema::boolean(), "the interface stays when the port goes", false, false},
      {"up", Schema::boolean(), "the interface is set up, or down", false, true},
      {"addresses",
       Schema::list(Schema::text("interface-address", "an address and a prefix, as 10.0.0.1/24",
                                 [](std::string_view text) {
                                   return InterfaceAddress::parse(text).has_value();
                                 }),
                    most_addresses),
       "the IP addresses of the interface"},
      {"offload", Schema::boolean(),
       "streams of TCP and UDP cross uncut and with unfinished checksums", false, true},
      {"reopen", Schema::boolean(),
       "when the interface or its namespace is gone, the port is opened anew as soon as it can be",
       false, false},
  };
}

void MadeInterface::read(const Json& json, const std::string& port_name) {
  config::read(json, "interface", interface);
  config::read(json, "namespace", name_space);
  config::read(json, "mac", mac);
  config::read(json, "mtu", mtu);
  config::read(json, "persist", persist);
  config::read(json, "up", is_up);
  config::read(json, "addresses", addresses);
  config::read(json, "offload", offload);
  config::read(json, "reopen", reopen);
  name_interface(interface, port_name);
}

void MadeInterface::write(Json& json, const std::string& port_name, Format format) const {
  const MadeInterface defaults;
  config::write(json, "interface", interface, port_name, format);
  config::write(json, "namespace", name_space);
  if (mac) {
    json["mac"] = mac->to_string();
  }
  config::write(json, "mtu", mtu);
  config::write(json, "persist", persist, defaults.persist, format);
  config::write(json, "up", is_up, defaults.is_up, format);
  config::write(json, "addresses", addresses, defaults.addresses, format);
  config::write(json, "offload", offload, defaults.offload, format);
  config::write(json, "reopen", reopen, defaults.reopen, format);
}

}  // namespace tapswitch::config
