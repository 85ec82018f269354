// SPDX-License-Identifier: Apache-2.0
// write_all.hpp: writes to a descriptor, and waits until it has taken everything.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace tapswitch::tapctl {

// Throws std::system_error, which names 'name'.
inline void write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
}

}  // namespace tapswitch::tapctl
