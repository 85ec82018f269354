// SPDX-License-Identifier: Apache-2.0
#include "switch/system/unique_fd.hpp"

#include <cerrno>

namespace tapswitch {

void UniqueFd::reset(int fd) noexcept {
  if (const int old = std::exchange(fd_, fd); old >= 0) {
    const int saved = errno;
    // Not again on EINTR: Linux has closed it even so, and the number may be another's by now.
    ::close(old);
    errno = saved;
  }
}

}  // namespace tapswitch
