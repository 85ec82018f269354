// SPDX-License-Identifier: Apache-2.0
// tap.hpp: opens the far ends that are TAPs, which are made, adopted, or passed to us. See
// kinds.hpp.
#pragma once

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {

void check_here(const config::TapSpec& end, const Network& network);
void check_open(const config::TapSpec& end);
[[nodiscard]] OpenedPort open_end(const config::TapSpec& end, const Opening& opening);
constexpr bool stays_open_unplugged(const config::TapSpec& /*end*/) { return true; }
constexpr bool carrier_is_ours(const config::TapSpec& /*end*/) { return true; }

[[nodiscard]] OpenedPort inherit_end(const config::TapSpec& end, const Json& words,
                                     std::vector<UniqueFd> descriptors);

void check_passed(const config::TapSpec& kind, int fd, std::size_t index);
[[nodiscard]] PassedEnd look_at_passed(const config::TapSpec& kind, UniqueFd second);
[[nodiscard]] OpenedPort open_passed(const config::TapSpec& end, UniqueFd fd);

}  // namespace tapswitch::network
