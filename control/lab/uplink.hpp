// SPDX-License-Identifier: Apache-2.0
// uplink.hpp: a node of kind nat as values: the network that it serves, and the ports of the
// machine that lead there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/lab/subnet.hpp"

namespace tapswitch::lab {

// The interface of an uplink by which all leaves.
constexpr const char* outer_interface = "outside";

constexpr const char* forward_allowed = "PROTOCOL:[ADDRESS:]PORT:NODE:PORT, as \"tcp:8022:vm1:22\"";
constexpr const char* prefix_allowed = "true, false, or a prefix as \"fd00::/64\"";

// A port of the machine that leads to one of a node.
struct Forward {
  std::string protocol;               // "tcp" or "udp"
  std::string address = "127.0.0.1";  // of the machine
  std::uint16_t port = 0;             // likewise
  std::string node;
  std::uint16_t node_port = 0;
};

// "tcp:8022:vm1:22"; "udp:192.0.2.1:53:dns:53". Nullopt if it is anything else.
[[nodiscard]] std::optional<Forward> parse_forward(std::string_view text);

// Whether it is the prefix of a network of IPv6 with 64 bits, "fd00::/64".
[[nodiscard]] bool is_prefix(std::string_view text);
// Returns the address with that number in it: "fd00::2/64".
[[nodiscard]] std::string address_in(const std::string& prefix, unsigned number);

// An interface of another node that is on its network.
struct UplinkStation {
  std::string node;
  std::string mac;
  std::string address;  // that which it has; else that which it is given when it asks by DHCP
};

struct UplinkSpec {
  Subnet subnet;
  std::string prefix = "fd00::/64";                 // of IPv6; empty: none
  std::optional<std::vector<std::string>> servers;  // to be asked for names; nullopt: the machine's
  std::vector<Forward> forwards;
  // The rest is found out by settle_uplinks.hpp.
  std::string interface;
  std::vector<UplinkStation> stations;
};

}  // namespace tapswitch::lab
