// SPDX-License-Identifier: Apache-2.0
// vhost_user.hpp: holds what a user says about a port at which a virtual machine is plugged in by
// shared memory, by a socket that the port makes or by one that it connects to. All of it is fixed
// while the port is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/far_ends/reconnect.hpp"
#include "control/config/far_ends/socket_access.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct VhostUserSpec {
  static constexpr std::string_view type = "vhost-user";

  // One of these; paths.
  std::optional<std::string> listen;
  std::optional<std::string> connect;
  Reconnect reconnect;               // where it connects
  std::optional<std::uint32_t> mtu;  // nullopt: frames of any size leave
  SocketAccess access;               // where it makes a socket

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;

  bool operator==(const VhostUserSpec&) const = default;
};

}  // namespace tapswitch::config
