// SPDX-License-Identifier: Apache-2.0
// vde.hpp: opens the far ends that are doors for clients of VDE. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

void check_open(const config::VdeSpec& end);
[[nodiscard]] OpenedPort open_end(const config::VdeSpec& end, const Opening& opening);
constexpr bool takes_guests(const config::VdeSpec& /*end*/) { return true; }

}  // namespace tapswitch::network
