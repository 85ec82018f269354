// SPDX-License-Identifier: Apache-2.0
// node_ports.hpp: takes the ports of nodes out of a document of the switches, and puts them in
// again. A namespace has its ports in it, so they go and come with it; the ports of a virtual
// machine are sockets, which stay. Pure.
#pragma once

#include <set>
#include <string>

#include "control/lab/model.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

// Returns 'document' without the ports in the namespaces of 'nodes', and without what is about
// these: static entries, mirrors.
[[nodiscard]] Json without_ports_of(const LabSpec& lab, const Json& document,
                                    const std::set<std::string>& nodes);

// Returns 'document' with these ports, and what is about them, as in 'wanted'.
[[nodiscard]] Json with_ports_of(const LabSpec& lab, const Json& document, const Json& wanted,
                                 const std::set<std::string>& nodes);

}  // namespace tapswitch::lab
