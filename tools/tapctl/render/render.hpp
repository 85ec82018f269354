// SPDX-License-Identifier: Apache-2.0
// render.hpp: the results of methods as text for people. Pure: JSON in, text out.
//
// What a result holds beyond what is known here is left out, as new fields may come at any time;
// the result of a method that is not known here is shown as it is. A result that lacks what it must
// have makes Json's exceptions fly.
#pragma once

#include <string>

#include "control/rpc/json.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

// Returns what 'method', called with 'params', gave back.
std::string render(const std::string& method, const Json& params, const Json& result,
                   const Style& style);

// The table of ports: port.list, with stats.rates and stats.get beside it.
std::string render_ports(const Json& list, const Json& rates, const Json& statistics,
                         const Style& style);

// stats.get. Of one port that 'params' name, all there is; else a table with a line for each.
std::string render_statistics(const Json& params, const Json& result, const Style& style);

std::string render_rates(const Json& result, const Style& style);

std::string render_trace(const Json& trace, const Style& style);

// All that is known of one object, a line for each of its members.
std::string render_members(const Json& object);

// A port's VLAN setting, in short: "10", "trunk all", "trunk 10,20", "tunnel 100".
std::string vlan_in_short(const Json& vlan);

// Drops by reason: "0", "12 (12 vlan_not_allowed)".
std::string drops_in_short(const Json& drops);

// Orders the entries of fdb.list by VLAN, then address.
void sort_stations(Json& entries);

}  // namespace tapswitch::tapctl
