// SPDX-License-Identifier: Apache-2.0
// stand_in.hpp: an end that stands in the place of a port that is closed: until it is plugged in
// again, or until what it needs can be had. Nothing comes or leaves by it. Threads: those of a port
// and its end.
#pragma once

#include <string>

#include "control/config/far_end.hpp"
#include "control/network/open_end.hpp"

namespace tapswitch::network {

// Returns one in the place of a port with this far end that is unplugged. It is a door if that is
// one, and so below.
[[nodiscard]] OpenedPort stand_in_for_unplugged(const config::FarEnd& far_end);
// The same for a port that could not be opened, which is lost: 'refusal' says why, and is not
// empty.
[[nodiscard]] OpenedPort stand_in_for_lost(const config::FarEnd& far_end, std::string refusal);

}  // namespace tapswitch::network
