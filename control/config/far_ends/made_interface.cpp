// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/made_interface.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::size_t most_addresses = 64;
constexpr std::uint32_t least_mtu = 68;
constexpr std::uint32_t most_mtu = 65'521;
constexpr std::uint32_t least_mtu_of_ipv6 = 1'280;  // RFC 8200, section 5

// The kernel takes all that an interface has of IPv6 from it, routes too, when its MTU is less.
void check_mtu(std::uint32_t mtu, const std::vector<std::string>& addresses) {
  const auto of_ipv6 = std::ranges::find_if(
      addresses, [](const std::string& address) { return address.find(':') != std::string::npos; });
  if (mtu < least_mtu_of_ipv6 && of_ipv6 != addresses.end()) {
    throw rpc::invalid_params({{"mtu", fmt::format("too small for address {}", *of_ipv6),
                                fmt::format("{}..{} beside IPv6", least_mtu_of_ipv6, most_mtu)}});
  }
}

}  // namespace

std::vector<Field> MadeInterface::fields() {
  return {
      {"interface", interface_schema(),
       "the interface, made if it does not exist; default: the port's name"},
      {"namespace", namespace_schema(),
       "the network namespace of the interface; default: the daemon's"},
      {"mac", mac_schema(), "the address of the interface: of its far end, not of the switch"},
      {"mtu", Schema::integer(least_mtu, most_mtu), "the MTU of the interface in bytes"},
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
  if (mtu) {
    check_mtu(*mtu, addresses);
  }
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
