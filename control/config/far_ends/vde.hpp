// SPDX-License-Identifier: Apache-2.0
// vde.hpp: holds what a user says about a port that is a door for VDE clients: a control directory.
// All of it is fixed while the port is open.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/far_ends/socket_access.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct VdeSpec {
  static constexpr std::string_view type = "vde";

  std::string directory;
  SocketAccess access;  // to it and what is in it

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;

  bool operator==(const VdeSpec&) const = default;
};

}  // namespace tapswitch::config
