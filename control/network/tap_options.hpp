// SPDX-License-Identifier: Apache-2.0
// tap_options.hpp: turns what a user wrote about a TAP into what the port takes.
#pragma once

#include "control/config/model.hpp"
#include "switch/ports/tap/tap_port.hpp"

namespace tapswitch::network {

// Looks users and groups up; throws rpc::Error (invalid_params) if there is none of that name.
// 'offloads' are those it may have.
[[nodiscard]] TapOptions tap_options(const config::TapSpec& spec, const OffloadSet& offloads);

// The parts of it, for a TAP that is open. No text gives no value.
[[nodiscard]] std::optional<uid_t> owner_of(const std::optional<std::string>& text);
[[nodiscard]] std::optional<gid_t> group_of(const std::optional<std::string>& text);
[[nodiscard]] std::vector<InterfaceAddress> parse_addresses(const std::vector<std::string>& texts);

}  // namespace tapswitch::network
