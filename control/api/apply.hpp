// SPDX-License-Identifier: Apache-2.0
// apply.hpp: carries a plan out, whole or not at all.
//
// Theory of operation: each step leaves behind how to take it back. A port that goes is parked: it
// is off its switch, but its TAP stays open until the end, so that its interface, with the
// addresses, routes and users it has, is there if it is needed again; whoever needs the same
// interface takes it over from there.
// Limits: ports that had to go and come back count from zero and learn anew. An interface that was
// made for one queue cannot get several: it is made anew.
#pragma once

#include <vector>

#include "control/config/plan.hpp"
#include "control/network/network.hpp"

namespace tapswitch::api {

using network::Network;

// Takes the steps, which plan() has made for 'network' as it is now; together they count as one
// change. If one is refused, throws its error, with the "step" it was and, if something could not
// be taken back, with what that is as "not_undone"; else everything is as it was before.
void carry_out(Network& network, const std::vector<config::Step>& steps);

}  // namespace tapswitch::api
