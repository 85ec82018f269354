// SPDX-License-Identifier: Apache-2.0
// veth.hpp: opens the far ends that are veths, which are made or adopted. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::VethSpec& end, const Opening& opening);
constexpr bool stays_open_unplugged(const config::VethSpec& /*end*/) { return true; }
constexpr bool carrier_is_ours(const config::VethSpec& /*end*/) { return true; }

[[nodiscard]] OpenedPort inherit_end(const config::VethSpec& end, const Json& words,
                                     std::vector<UniqueFd> descriptors);

}  // namespace tapswitch::network
