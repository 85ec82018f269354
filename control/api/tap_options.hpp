// SPDX-License-Identifier: Apache-2.0
// tap_options.hpp: what a user wrote about a TAP, as the port takes it.
#pragma once

#include "control/config/model.hpp"
#include "switch/ports/tap_port.hpp"

namespace tapswitch::api {

// Looks users and groups up; throws rpc::Error (invalid_params) if there is none of that name.
[[nodiscard]] TapOptions tap_options(const config::TapSpec& spec);

[[nodiscard]] std::optional<uid_t> find_owner(const config::TapSpec& spec);
[[nodiscard]] std::optional<gid_t> find_group(const config::TapSpec& spec);
[[nodiscard]] std::vector<InterfaceAddress> parse_addresses(const config::TapSpec& spec);

}  // namespace tapswitch::api
