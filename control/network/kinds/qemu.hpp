// SPDX-License-Identifier: Apache-2.0
// qemu.hpp: opens the far ends that are virtual machines of QEMU at a socket. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

void check_open(const config::QemuSpec& end);
[[nodiscard]] OpenedPort open_end(const config::QemuSpec& end, const Opening& opening);

}  // namespace tapswitch::network
