// SPDX-License-Identifier: Apache-2.0
// down.hpp: `lab down`: takes a lab away. It needs no room on any disk.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// The exit status. Throws Failure.
int down(const Words& words);

}  // namespace tapswitch::lab
