// SPDX-License-Identifier: Apache-2.0
// interface.hpp: opens the far ends that are network interfaces which exist. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::InterfaceSpec& end, const Opening& opening);
constexpr bool stays_open_unplugged(const config::InterfaceSpec& /*end*/) { return true; }

}  // namespace tapswitch::network
