// SPDX-License-Identifier: Apache-2.0
// patch_ends.hpp: says which ports are the two ends of a patch, and that a new one may be: it leads
// back, and switches joined by patches make no ring. Threads: the control thread.
#pragma once

#include "control/config/model.hpp"
#include "control/network/claims.hpp"
#include "control/network/inventory.hpp"

namespace tapswitch::network {

// Throws rpc::Error if a port that is 'spec', patch or not, does not go with the patches that are
// there.
void check_patch(const Inventory& inventory, const Claims& claims, const RunningSwitch& home,
                 const config::PortSpec& spec);

// Throws conflict if patches make a ring that only the spanning tree of 'home' ends.
void check_without_tree(const Inventory& inventory, const RunningSwitch& home);
// Throws invalid_params if such a port may not be so in a spanning tree.
void check_in_tree(const config::PortSpec& spec);

// Returns the other end of 'spec', if that is a patch and the other end is there.
[[nodiscard]] RunningPort* opposite_of(Inventory& inventory, const config::PortSpec& spec);

}  // namespace tapswitch::network
