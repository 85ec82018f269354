// SPDX-License-Identifier: Apache-2.0
// path_lock.hpp: the right of one process to a path: a lock on the file "PATH.lock", which holds
// the process id of its owner. The kernel ends it with the process, however that ends.
#pragma once

#include <string>

#include "switch/ports/unique_fd.hpp"

namespace tapswitch::server {

class PathLock {
 public:
  // Throws std::runtime_error, "already running, pid N" if another process has it.
  explicit PathLock(const std::string& path);
  PathLock(const PathLock&) = delete;
  PathLock& operator=(const PathLock&) = delete;
  ~PathLock();  // removes the file

 private:
  const std::string file_;
  UniqueFd fd_;
};

}  // namespace tapswitch::server
