// SPDX-License-Identifier: Apache-2.0
// render_plan.hpp: documents as people see them: what applying one does, and what is wrong with
// one. Pure.
#pragma once

#include <string>

#include "control/rpc/json.hpp"
#include "tools/tapctl/line/arguments.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::tapctl {

// The steps of config.diff and config.apply, a line each.
std::string render_steps(const Json& result, const Style& style);

// Returns what config.apply with 'params' did: the steps, and how it ended.
std::string render_apply(const Json& params, const Json& result, const Style& style);

// The document as JSON. Throws UsageError "lab.json:3:7: ..." if its text is none.
Json parse_document(const Call::Document& document);

// "lab.json:4:40: /switches/sw0/ports/alice/mtu: 5 is out of range (allowed: 68..65521)".
std::string describe_mistake(const Json& problem, const Call::Document& document);

}  // namespace tapswitch::tapctl
