// SPDX-License-Identifier: Apache-2.0
// veth.hpp: holds what a user says about a port that is a pair of veths, which the switch makes or
// adopts. The interface is the far end of it.
#pragma once

#include <string_view>

#include "control/config/far_ends/made_interface.hpp"

namespace tapswitch::config {

struct VethSpec : MadeInterface {
  static constexpr std::string_view type = "veth";

  [[nodiscard]] bool can_become(const VethSpec& wanted) const {
    return MadeInterface::can_become(wanted);
  }

  bool operator==(const VethSpec&) const = default;
};

}  // namespace tapswitch::config
