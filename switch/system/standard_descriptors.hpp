// SPDX-License-Identifier: Apache-2.0
// standard_descriptors.hpp: numbers 0 to 2 are for words, also where a program is started without
// them.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace tapswitch {

// If a standard descriptor is closed, the next that is opened takes its number, and what is meant
// for a terminal or a file would go to it. /dev/null of the wrong direction makes each use fail as
// it should. To be called first.
inline void occupy_standard_descriptors() noexcept {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) {
      ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

}  // namespace tapswitch
