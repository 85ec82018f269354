// SPDX-License-Identifier: Apache-2.0
// interface.hpp: holds what a user says about a port on a network interface that exists, which the
// switch joins and leaves as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct InterfaceSpec {
  static constexpr std::string_view type = "interface";

  std::string interface;
  std::optional<std::string> name_space;  // a name, a path, or a pid in digits
  bool offload = true;
  bool reopen = false;  // when it is gone, it is joined anew as soon as it is there again

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  static bool is_fixed(std::string_view member) {
    return member != "reopen" && member != "offload";
  }
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;
  [[nodiscard]] bool can_become(const InterfaceSpec& wanted) const;

  bool operator==(const InterfaceSpec&) const = default;
};

}  // namespace tapswitch::config
