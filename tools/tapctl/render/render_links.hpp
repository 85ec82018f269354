// SPDX-License-Identifier: Apache-2.0
// render_links.hpp: the links of a lab as JSON and as a table. Pure.
#pragma once

#include <map>
#include <string>

#include "control/rpc/json.hpp"
#include "tools/lab/links.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

// Ports as port.get has them, by name.
using Ports = std::map<std::string, Json>;

// Returns what is known of a link by its ports; one that is not in 'ports' is missing.
Json link_to_json(const lab::Link& link, const Ports& ports);

// 'links' is a list of what link_to_json() gives.
std::string render_links(const Json& links, const Style& style);

}  // namespace tapswitch::tapctl
