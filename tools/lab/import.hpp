// SPDX-License-Identifier: Apache-2.0
// import.hpp: makes a lab file of a topology of another program.
#pragma once

#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {

// Prints the lab file; what has no equal goes to standard error. Throws Failure if the file is no
// topology, or no lab can be made of it.
int import_lab(const Words& words);

}  // namespace tapswitch::lab
