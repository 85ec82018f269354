// SPDX-License-Identifier: Apache-2.0
// vxlan.hpp: opens the far ends that are virtual networks over IP. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::VxlanSpec& end, const Opening& opening);
[[nodiscard]] OpenedPort inherit_end(const config::VxlanSpec& end, const Json& words,
                                     std::vector<UniqueFd> descriptors);

}  // namespace tapswitch::network
