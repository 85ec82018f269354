// SPDX-License-Identifier: Apache-2.0
// power.hpp: `lab stop`, `lab start` and `lab restart`: takes nodes of a lab that is up down, and
// brings them up, while the others stay as they are.
//
// What the node is to be is what the lab came up with, not what its file says by now. The port of a
// namespace goes with it, and comes again under its name; that of a virtual machine stays. That a
// node is stopped is on record before anything of it goes.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// Each returns the exit status. Throws Failure.
int stop(const Words& words);
int start(const Words& words);
int restart(const Words& words);

}  // namespace tapswitch::lab
