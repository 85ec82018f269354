// SPDX-License-Identifier: Apache-2.0
// own_commands.hpp: the commands that are no method of the daemon's, but several, or one again and
// again. They are described as methods are, so that arguments, help, completion and the manual page
// come about in the same way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

// Commands of tapctl itself have names of a single word: "top", "graph".
const std::vector<rpc::Method>& own_commands();

// Whether 'name', of a Call, is one of these.
bool is_own_command(const std::string& name);

// Whether 'text' can be the name of a port or switch, or an end of a link: "alice:eth0".
bool is_name_or_end(std::string_view text);

}  // namespace tapswitch::tapctl
