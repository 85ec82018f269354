// SPDX-License-Identifier: Apache-2.0
// help.hpp: makes what --help prints from the table of methods.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/method.hpp"
#include "tools/tapctl/line/option.hpp"

namespace tapswitch::tapctl {

std::string overview_help(const std::vector<rpc::Method>& methods);
std::string noun_help(const std::vector<rpc::Method>& methods, const std::string& noun);
std::string method_help(const rpc::Method& method);
std::string call_help();

// "tapctl port get NAME [OPTION]...".
std::string usage_of(const rpc::Method& method);

// Returns what an option says, which values it takes, and what it is without being given.
std::string option_text(const Option& option);

}  // namespace tapswitch::tapctl
