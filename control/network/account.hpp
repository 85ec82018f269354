// SPDX-License-Identifier: Apache-2.0
// account.hpp: the users and groups that a port's members name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "control/config/far_ends/socket_access.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch::network {

// Each throws rpc::Error (invalid_params) if there is none of that name. No text gives no value.
[[nodiscard]] std::optional<uid_t> owner_of(const std::optional<std::string>& text);
[[nodiscard]] std::optional<gid_t> group_of(const std::optional<std::string>& text);

// The same of both, and the mode, for the sockets that a port makes.
[[nodiscard]] FileAccess file_access(const config::SocketAccess& access);

}  // namespace tapswitch::network
