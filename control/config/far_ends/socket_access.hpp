// SPDX-License-Identifier: Apache-2.0
// socket_access.hpp: holds what a user says about who may use the Unix sockets that a port makes,
// of whatever kind it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct SocketAccess {
  std::optional<std::string> owner;  // a name or a number in digits; likewise 'group'
  std::optional<std::string> group;
  std::optional<std::uint32_t> mode;  // nullopt: only the owner, and with a group that too

  // Returns the members in a port's JSON.
  static std::vector<rpc::Field> fields();
  void read(const Json& json);
  void write(Json& json) const;

  // The member that says something; nullptr if none does.
  [[nodiscard]] const char* said() const;

  bool operator==(const SocketAccess&) const = default;
};

}  // namespace tapswitch::config
