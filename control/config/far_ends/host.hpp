// SPDX-License-Identifier: Apache-2.0
// host.hpp: checks the addresses of hosts that a user writes, for ports of whatever kind.
#pragma once

#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

// Throws what is wrong with 'address', which 'member' says, if it stands for another one (of IPv4
// in the form of IPv6) or for none by itself (of a link that it does not name).
void check_stands_for_itself(const SocketAddress& address, const char* member);

}  // namespace tapswitch::config
