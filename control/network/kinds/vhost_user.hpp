// SPDX-License-Identifier: Apache-2.0
// vhost_user.hpp: opens the far ends that are virtual machines by shared memory. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

void check_open(const config::VhostUserSpec& end);
[[nodiscard]] OpenedPort open_end(const config::VhostUserSpec& end, const Opening& opening);

}  // namespace tapswitch::network
