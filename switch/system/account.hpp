// SPDX-License-Identifier: Apache-2.0
// account.hpp: the users and groups of the machine, by what people call them: a name, or a number.
// Threads: the control thread, for the C library keeps what it has found in one place.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tapswitch {

// Nullopt if none has that name and it is no number.
[[nodiscard]] std::optional<uid_t> find_user(const std::string& text);
[[nodiscard]] std::optional<gid_t> find_group(const std::string& text);

}  // namespace tapswitch
