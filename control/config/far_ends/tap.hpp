// SPDX-License-Identifier: Apache-2.0
// tap.hpp: holds what a user says about a port that is a TAP, which the switch makes or adopts.
// What is not set is left as the kernel makes it, or as an interface that exists already has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

struct TapSpec {
  static constexpr std::string_view type = "tap";

  std::string interface;
  std::optional<std::string> name_space;  // a name, a path, or a pid in digits
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  bool persist = false;
  std::optional<std::string> owner;  // a name or a number in digits; likewise 'group'
  std::optional<std::string> group;
  bool is_up = true;
  std::vector<std::string> addresses;  // "10.0.0.1/24"
  bool offload = true;
  std::size_t queues = 1;
  bool reopen = false;  // when its interface is gone, it is opened anew as soon as that can be
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
