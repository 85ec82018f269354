// SPDX-License-Identifier: Apache-2.0
// containerlab.hpp: makes a lab of a topology of containerlab (*.clab.yml), which netlab writes
// too. Pure.
//
// Nodes of kind linux become network namespaces, bridges become switches, links stay links. What a
// topology says beside is either told by the lab in its own words (exec, env, sysctls, wait-for,
// mtu, MAC addresses) or has no equal: then a note says so, and nothing is left out in silence.
// Settings come from a node, its group, its kind and the defaults, in this order.
#pragma once

#include <vector>

#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

// A lab, and what is to be said of the topology that it was made of. Fields are JSON pointers into
// the topology.
struct ImportedLab {
  Json document;
  std::vector<rpc::Problem> notes;     // has no equal, or means something else here
  std::vector<rpc::Problem> mistakes;  // is no topology; then the lab is not whole
};

[[nodiscard]] ImportedLab import_containerlab(const Json& topology);

}  // namespace tapswitch::lab
