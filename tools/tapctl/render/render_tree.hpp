// SPDX-License-Identifier: Apache-2.0
// render_tree.hpp: the spanning tree of a switch as text for people. Pure.
#pragma once

#include <string>

#include "control/rpc/json.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

// stp.get.
std::string render_tree(const Json& tree, const Style& style);

// The data of an event of topic "stp": "port a is designated, forwarding".
std::string tree_event_text(const std::string& what, const Json& data);

}  // namespace tapswitch::tapctl
