// SPDX-License-Identifier: Apache-2.0
// unplugged_end.hpp: an end that stands in the place of a port that is closed until it is plugged
// in again: nothing comes or leaves by it. Threads: those of a port and its end.
#pragma once

#include "control/config/far_end.hpp"
#include "control/network/open_end.hpp"

namespace tapswitch::network {

// Returns one in the place of a port with this far end. It is a door if that is one.
[[nodiscard]] OpenedPort open_unplugged(const config::FarEnd& far_end);

}  // namespace tapswitch::network
