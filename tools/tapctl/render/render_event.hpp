// SPDX-License-Identifier: Apache-2.0
// render_event.hpp: an event as one line for people. Pure, and as tolerant as render.hpp.
#pragma once

#include <string>

#include "control/rpc/json.hpp"

namespace tapswitch::tapctl {

// "12:34:56.789  sw0  port alice added (up, VLAN 10)"
std::string render_event(const Json& event);

}  // namespace tapswitch::tapctl
