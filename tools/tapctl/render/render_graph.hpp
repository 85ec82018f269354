// SPDX-License-Identifier: Apache-2.0
// render_graph.hpp: a network as a graph in the language of dot(1). Pure.
#pragma once

#include <string>

#include "control/rpc/json.hpp"

namespace tapswitch::tapctl {

// 'network' is a snapshot as event.subscribe gives it: "switches", "ports", "vlans" (those with a
// name) and, if stations are to be drawn, "entries".
//
// A port hangs on its VLAN if it is an access or tunnel port, and else on its switch, with its
// VLANs beside the line. A station hangs on its port.
std::string render_graph(const Json& network);

}  // namespace tapswitch::tapctl
