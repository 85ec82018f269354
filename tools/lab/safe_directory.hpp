// SPDX-License-Identifier: Apache-2.0
// safe_directory.hpp: whether a directory is one that nobody but us can have a hand in. What stands
// in the directories of labs is obeyed: whom to end, where to go.
#pragma once

#include <string>

namespace tapswitch::lab {

// Throws Failure unless the directory 'path', if it is there, is ours alone and no symbolic link,
// and nobody else can put another in its place: those above it are ours or root's, and no others
// may write to them, or only as in /tmp.
void require_safe_directory(const std::string& path);

// Whether every user has a number here, as outside of a user namespace.
[[nodiscard]] bool has_all_users();

}  // namespace tapswitch::lab
