// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/tap.hpp"

#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/tap/tap_device.hpp"
#include "switch/system/interface_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::size_t most_addresses = 64;

}  // namespace

std::vector<Field> TapSpec::fields() {
  return {
      {"interface", interface_schema(),
       "the TAP interface, made if it does not exist; default: the port's name"},
      {"namespace", namespace_schema(),
       "the network namespace of the interface; default: the daemon's"},
      {"mac", mac_schema(), "the address of the interface: of its far end, not of the switch"},
      {"mtu", Schema::integer(68, 65'521), "the MTU of the interface in bytes"},
      {"persist", Schema::boolean(), "the interface stays when the port goes", false, false},
      {"owner", account_schema(), "the user who may open the interface"},
      {"group", account_schema(), "the group whose members may open the interface"},
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
      {"queues", Schema::integer(1, TapDevice::max_queues),
       "by how many queues the switch receives, each with a worker of its own", false, 1},
      {"reopen", Schema::boolean(),
       "when the interface or its namespace is gone, the port is opened anew as soon as it can be",
       false, false},
      {"passed", Schema::boolean(),
       "its descriptor came with port.add (fd): a document can keep such a port, not open it",
       false, false},
  };
}

bool TapSpec::is_fixed(std::string_view member) {
  return member == "interface" || member == "namespace" || member == "offload" ||
         member == "queues" || member == "passed";
}

void TapSpec::read(const Json& json, const std::string& port_name) {
  config::read(json, "interface", interface);
  config::read(json, "namespace", name_space);
  config::read(json, "mac", mac);
  config::read(json, "mtu", mtu);
  config::read(json, "persist", persist);
  config::read(json, "owner", owner);
  config::read(json, "group", group);
  config::read(json, "up", is_up);
  config::read(json, "addresses", addresses);
  config::read(json, "offload", offload);
  config::read(json, "queues", queues);
  config::read(json, "reopen", reopen);
  config::read(json, "passed", is_passed);
  if (is_passed && reopen) {
    throw rpc::invalid_params(
        {{"reopen", "a TAP that was passed (fd) can only be passed again", "false"}});
  }
  name_interface(interface, port_name);
}

void TapSpec::write(Json& json, const std::string& port_name, Format format) const {
  const TapSpec defaults;
  config::write(json, "interface", interface, port_name, format);
  config::write(json, "namespace", name_space);
  if (mac) {
    json["mac"] = mac->to_string();
  }
  config::write(json, "mtu", mtu);
  config::write(json, "persist", persist, defaults.persist, format);
  config::write(json, "owner", owner);
  config::write(json, "group", group);
  config::write(json, "up", is_up, defaults.is_up, format);
  config::write(json, "addresses", addresses, defaults.addresses, format);
  config::write(json, "offload", offload, defaults.offload, format);
  config::write(json, "queues", queues, defaults.queues, format);
  config::write(json, "reopen", reopen, defaults.reopen, format);
  config::write(json, "passed", is_passed, defaults.is_passed, format);
}

// Nobody said where a TAP is that somebody has passed to us.
std::optional<Claim> TapSpec::claim() const {
  return is_passed ? std::nullopt : std::optional(interface_claim(interface, name_space));
}

bool TapSpec::can_become(const TapSpec& wanted) const {
  return interface == wanted.interface && name_space == wanted.name_space &&
         offload == wanted.offload && queues == wanted.queues && is_passed == wanted.is_passed;
}

}  // namespace tapswitch::config
