// SPDX-License-Identifier: Apache-2.0
// pipe.hpp: opens a pipe, both of whose ends are closed in programs that are started.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

// Throws std::system_error.
inline Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace tapswitch
