// SPDX-License-Identifier: Apache-2.0
// tap.hpp: holds what a user says about a port that is a TAP, which the switch makes or adopts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/made_interface.hpp"

namespace tapswitch::config {

struct TapSpec : MadeInterface {
  static constexpr std::string_view type = "tap";

  std::optional<std::uint32_t> speed;  // Mbit/s
  std::optional<bool> is_full_duplex;
  std::optional<std::string> owner;  // a name or a number in digits; likewise 'group'
  std::optional<std::string> group;
  std::size_t queues = 1;
  // The descriptor came from outside (port.add with "fd"), so only that can open it.
  bool is_passed = false;

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  static bool is_fixed(std::string_view member);
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const;
  [[nodiscard]] bool can_become(const TapSpec& wanted) const;

  bool operator==(const TapSpec&) const = default;
};

}  // namespace tapswitch::config
