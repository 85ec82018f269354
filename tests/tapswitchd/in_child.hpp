// SPDX-License-Identifier: Apache-2.0
// in_child.hpp: tries in a child process what cannot be taken back.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace tapswitch::test {

// Returns what 'work' returned (0 to 125) in a child; 126 if it threw, -1 if a signal ended the
// child.
inline int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    int status = 126;
    try {
      status = work();
    } catch (...) {
      // Told by the status.
    }
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace tapswitch::test
