// SPDX-License-Identifier: Apache-2.0
// shortage.hpp: tells what the kernel lacks for the moment from what it refuses.
#pragma once

#include <cerrno>

namespace tapswitch {

// Whether 'error' says that there are no descriptors, or no memory: later there may be.
[[nodiscard]] constexpr bool is_shortage(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace tapswitch
