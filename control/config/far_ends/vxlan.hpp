// SPDX-License-Identifier: Apache-2.0
// vxlan.hpp: holds what a user says about a port that leads into a virtual network over IP. The
// words are those of `ip link add type vxlan`, where it has one. All of it is fixed while the port
// is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"
#include "switch/ports/vxlan/vxlan_header.hpp"

namespace tapswitch::config {

struct VxlanSpec {
  static constexpr std::string_view type = "vxlan";

  Vni vni = 0;
  std::vector<std::string> remotes;       // addresses in digits, as inet_ntop() writes them
  std::optional<std::string> local = {};  // nullopt: all of this host
  std::uint16_t udp_port = vxlan_udp_port;
  std::optional<std::string> source_ports = {};  // "49152-65535"; nullopt: what the kernel has free
  std::optional<std::uint32_t> ttl = {};         // nullopt: as the host has it
  std::optional<std::uint32_t> tos = {};         // nullopt: 0
  bool inherits_tos = false;
  bool checksum = true;
  bool learn_remotes = false;
  bool split_horizon = true;
  std::optional<std::uint32_t> mtu = {};  // nullopt: what the ways take

  // Returns where it receives, as SocketAddress::host_and_port() writes it.
  [[nodiscard]] std::string local_end() const;

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;

  bool operator==(const VxlanSpec&) const = default;
};

}  // namespace tapswitch::config
