// SPDX-License-Identifier: Apache-2.0
// path_lock.hpp: the right of one process to a path: a lock on the file "PATH.lock", which holds
// the process id of its owner. The kernel ends it with the process, however that ends.
#pragma once

#include <string>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::server {

class PathLock {
 public:
  // Throws std::runtime_error, "already running, pid N" if another process has it; waits some
  // seconds for one that was killed and is coming to its end.
  explicit PathLock(const std::string& path);
  // Takes over the descriptor of a lock from the process that has it. The file stays that one's
  // until claim().
  PathLock(const std::string& path, UniqueFd locked);
  PathLock(const PathLock&) = delete;
  PathLock& operator=(const PathLock&) = delete;
  ~PathLock();  // removes the file, if it is ours

  // Whether the file is ours: to say who we are in it, and to remove it in the end. Throws
  // std::runtime_error if that cannot be written; then it is ours all the same.
  void claim();
  void renounce() { is_ours_ = false; }
  [[nodiscard]] bool is_ours() const { return is_ours_; }
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  const std::string file_;
  UniqueFd fd_;
  bool is_ours_ = false;
};

}  // namespace tapswitch::server
