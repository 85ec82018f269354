// SPDX-License-Identifier: Apache-2.0
// enter.hpp: `lab exec`, `lab shell`, `lab console` and `lab log`: to be in a node, and to hear it.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// The exit status; of a command, its own. Throw Failure.
int exec(const Words& words);
int shell(const Words& words);
int console(const Words& words);
int log(const Words& words);

}  // namespace tapswitch::lab
