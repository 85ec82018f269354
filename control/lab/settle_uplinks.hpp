// SPDX-License-Identifier: Apache-2.0
// settle_uplinks.hpp: finds out what the nodes of kind nat mean for their lab, and what cannot be.
//
// An uplink gets the addresses of its subnet, and the list of the interfaces that are on its
// network (domains.hpp), each with an address: its own, or one that is kept for it. Nodes with such
// an interface start after their uplink. Namespaces among them ask it for names, and have their
// default route by it if their address is in its subnet and the file gives them no other. Pure.
#pragma once

#include <set>
#include <string>

#include "control/config/mistakes.hpp"
#include "control/lab/model.hpp"

namespace tapswitch::lab {

// 'named' are all nodes of the file. Without 'has_every_link' some links had mistakes and are not
// in 'lab': then nobody is told of a node that he has none.
void settle_uplinks(LabSpec& lab, const std::set<std::string>& named, bool has_every_link,
                    config::Mistakes& mistakes);

}  // namespace tapswitch::lab
