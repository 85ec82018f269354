// SPDX-License-Identifier: Apache-2.0
// udp.hpp: holds what a user says about a port that has a socket of UDP, by which each frame
// crosses as a datagram. All of it is fixed while the port is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct UdpSpec {
  static constexpr std::string_view type = "udp";

  std::string local;  // both as SocketAddress::host_and_port() writes them
  std::string remote;
  std::optional<std::uint32_t> mtu = {};  // nullopt: frames of any size leave

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;

  bool operator==(const UdpSpec&) const = default;
};

}  // namespace tapswitch::config
