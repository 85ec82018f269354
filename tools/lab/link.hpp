// SPDX-License-Identifier: Apache-2.0
// link.hpp: `lab link`: cables are pulled and put back.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// Throws Failure.
int link(const Words& words);

}  // namespace tapswitch::lab
