// SPDX-License-Identifier: Apache-2.0
// qemu.hpp: holds what a user says about a port at which a virtual machine is plugged in by QEMU's
// own sockets: one that listens, one that connects, or a pair for datagrams. All of it is fixed
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

struct QemuSpec {
  static constexpr std::string_view type = "qemu";

  struct Datagram {
    std::string local;  // paths
    std::string remote;

    bool operator==(const Datagram&) const = default;
  };

  // One of these; the addresses are as SocketAddress::parse() takes them.
  std::optional<std::string> listen;
  std::optional<std::string> connect;
  std::optional<Datagram> datagram;
  Reconnect reconnect;               // where it connects
  std::optional<std::uint32_t> mtu;  // nullopt: frames of any size leave
  SocketAccess access;               // where it makes a socket

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;

  bool operator==(const QemuSpec&) const = default;
};

}  // namespace tapswitch::config
