// SPDX-License-Identifier: Apache-2.0
// made_directory.hpp: the moment between the making of a directory and its opening, in which
// whoever owns the one above may put another in its place.
#pragma once

#include <string>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Opens the directory 'name' that was just made in 'parent', an open one, with a mode that lets in
// nobody but us. Nothing is open, and errno says so, if what is there now is not ours alone and
// empty (EBUSY), which what others put there is not; or if the kernel refuses, when it is removed.
[[nodiscard]] UniqueFd open_made_directory(int parent, const std::string& name) noexcept;

}  // namespace tapswitch
