// SPDX-License-Identifier: Apache-2.0
// patch.hpp: opens the far ends that are a port of another switch. Whether it may be there is told
// by patch_ends.hpp. See kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

[[nodiscard]] OpenedPort open_end(const config::PatchSpec& end, const Opening& opening);
constexpr bool is_opened_anew(const config::PatchSpec& /*end*/) { return true; }

}  // namespace tapswitch::network
