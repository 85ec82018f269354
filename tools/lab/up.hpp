// SPDX-License-Identifier: Apache-2.0
// up.hpp: `lab up` and `lab down`.
#pragma once

#include "tools/lab/verbs.hpp"
#include "tools/tapctl/style.hpp"

namespace tapswitch::lab {

// The exit status. Throw Failure.
int up(const Words& words, const tapctl::Style& style);
int down(const Words& words);

}  // namespace tapswitch::lab
