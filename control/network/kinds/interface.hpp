// SPDX-License-Identifier: Apache-2.0
// interface.hpp: opens the far ends that are network interfaces which exist. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::InterfaceSpec& end, const Opening& opening);

}  // namespace tapswitch::network
