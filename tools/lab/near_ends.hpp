// SPDX-License-Identifier: Apache-2.0
// near_ends.hpp: takes away the veths that lead from our network namespace to a lab's.
//
// The kernel does so too when a namespace goes, but later, in its own time, and not while somebody
// has the namespace open: until then the ends on our side would be seen by everybody.
#pragma once

#include <vector>

#include "tools/lab/state.hpp"

namespace tapswitch::lab {

// Does what can be done; there is nobody to tell of the rest.
void remove_veths_to(const std::vector<NamespaceRecord>& name_spaces);

}  // namespace tapswitch::lab
