// SPDX-License-Identifier: Apache-2.0
// up.hpp: `lab up`: makes of a lab what its file says.
#pragma once

#include "tools/lab/verbs.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::lab {

// The exit status. Throws Failure.
int up(const Words& words, const tapctl::Style& style);

}  // namespace tapswitch::lab
