// SPDX-License-Identifier: Apache-2.0
// describe.hpp: describes what runs, as methods and events tell it.
#pragma once

#include <string>

#include "control/network/network.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::network {

// As switch.get answers.
Json describe(const Network::RunningSwitch& running);

// As port.get answers; 'link' is how its interface is.
Json describe(const Network::RunningPort& port, const LinkStatus& link);

// As fdb.list answers; 'port' is the name of its port.
Json describe(const FdbEntry& entry, const std::string& port);

}  // namespace tapswitch::network
