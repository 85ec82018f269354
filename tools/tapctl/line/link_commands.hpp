// SPDX-License-Identifier: Apache-2.0
// link_commands.hpp: the commands about the links of a lab, `link list` and `link set`. No daemon
// has these methods, for it knows of ports alone; they are described as methods are, so that
// arguments, help, completion and the manual page come about in the same way.
#pragma once

#include <string>
#include <vector>

#include "control/rpc/method.hpp"

namespace tapswitch::tapctl {

const std::vector<rpc::Method>& link_commands();

// Whether 'name', of a Call, is one of these.
bool is_link_command(const std::string& name);

// Returns what nouns and verbs there are: the methods of the daemon and those of links.
std::vector<rpc::Method> nouns_and_verbs();

}  // namespace tapswitch::tapctl
