// SPDX-License-Identifier: Apache-2.0
// made_interface.hpp: holds what a user says about an interface that the switch makes or adopts, of
// whatever kind: each kind that does is one of these, and may have more. What is not set is left as
// the kernel makes it, or as an interface that exists already has it.
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

struct MadeInterface {
  // Another of such a kind in its place is made anew, unless it can adopt what is there.
  static constexpr bool is_made = true;

  std::string interface;
  std::optional<std::string> name_space;  // a name, a path, or a pid in digits
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  bool persist = false;
  bool is_up = true;
  std::vector<std::string> addresses;  // "10.0.0.1/24"
  bool offload = true;
  bool reopen = false;  // when its interface is gone, it is opened anew as soon as that can be

  // See far_end.hpp.
  static std::vector<rpc::Field> fields();
  static bool is_fixed(std::string_view member) {
    return member == "interface" || member == "namespace";
  }
  void read(const Json& json, const std::string& port_name);
  void write(Json& json, const std::string& port_name, Format format) const;
  [[nodiscard]] std::optional<Claim> claim() const {
    return interface_claim(interface, name_space);
  }
  [[nodiscard]] bool can_become(const MadeInterface& wanted) const {
    return interface == wanted.interface && name_space == wanted.name_space;
  }

  bool operator==(const MadeInterface&) const = default;
};

}  // namespace tapswitch::config
