// SPDX-License-Identifier: Apache-2.0
// patch.hpp: holds what a user says about a port that leads to another switch of the daemon. Which
// patches go together is told by control/config/patches.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct PatchSpec {
  static constexpr std::string_view type = "patch";

  std::string peer;  // the port at the other end, which names this one

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const { return other_end_claim(peer); }
  [[nodiscard]] std::string leads_to() const { return peer; }

  bool operator==(const PatchSpec&) const = default;
};

}  // namespace tapswitch::config
