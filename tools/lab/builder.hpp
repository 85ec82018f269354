// SPDX-License-Identifier: Apache-2.0
// builder.hpp: carries out what work_plan.hpp found to be done, and takes a lab away.
//
// Order: what goes, goes first, its ports before it; then all namespaces, the switches with all
// ports, and the nodes, several at once, each after those it waits for.
#pragma once

#include "tools/lab/node_starter.hpp"
#include "tools/lab/work_plan.hpp"

namespace tapswitch::lab {

// Throws Failure, with everything made so far still there and on record.
void build(const Site& site, const Json& document, const WorkPlan& plan);

// Takes 'nodes' away: processes, namespaces, and their entries on record. With 'nodes' of all, and
// the daemon gone before, nothing of the lab is left but its directory.
void remove_nodes(StateFile& state, const std::set<std::string>& nodes);

// Everything that is on record.
void remove_all(StateFile& state, Progress& progress);

}  // namespace tapswitch::lab
