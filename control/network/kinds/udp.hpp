// SPDX-License-Identifier: Apache-2.0
// udp.hpp: opens the far ends that are programs at a UDP socket. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::UdpSpec& end, const Opening& opening);
[[nodiscard]] OpenedPort inherit_end(const config::UdpSpec& end, const Json& words,
                                     std::vector<UniqueFd> descriptors);

}  // namespace tapswitch::network
