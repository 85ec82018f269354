// SPDX-License-Identifier: Apache-2.0
// shortcuts.hpp: short ways to say what people say often: `--vlan 10` for an access port, `--trunk
// 10,20`, `--down`. All else on the command line comes from the table of methods alone.
#pragma once

#include <string>
#include <vector>

#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/params_builder.hpp"

namespace tapswitch::tapctl {

// The short ways that 'method' has, judged by its parameters.
std::vector<Option> shortcuts_of(const rpc::Method& method);

// Whether 'option' stands alone, without a value.
bool is_flag(const Option& option);

// Puts into 'params' what 'option' says with 'texts' (none for a flag); 'spelling' is how the
// person wrote the option. Throws UsageError if another option has said something else about the
// same.
void apply_option(ParamsBuilder& params, const Option& option,
                  const std::vector<std::string>& texts, const std::string& spelling);

// Adds what goes without saying: on `port add`, VLAN options without a mode mean a trunk, as a port
// has no other mode by default; of a frame to trace, its source address.
void complete(Json& params, const rpc::Method& method);

}  // namespace tapswitch::tapctl
