// SPDX-License-Identifier: Apache-2.0
// up.hpp: `lab up`: makes of a lab what its file says.
#pragma once

#include "tools/lab/verbs.hpp"
#include "tools/terminal/style.hpp"

namespace tapswitch::lab {

// Throws Failure with the mistakes of the file, if it has any.
int validate(const Words& words);

// The exit status. Throws Failure.
int up(const Words& words, const tapctl::Style& style);

}  // namespace tapswitch::lab
