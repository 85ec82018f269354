// SPDX-License-Identifier: Apache-2.0
// log_keeper.hpp: the process through which everything of a lab says what it says, so that a log
// has a bound (kept_log.hpp).
//
// Theory of operation: each process writes into a pipe; one process for each `lab up` reads them
// all. It ends by itself when `lab up` has, and nobody is left who could say something; until then
// it holds a shared lock on the directory of the logs. Without room it reads on, and keeps less.
// Limits: as many pipes as a process may have descriptors, which it sets as high as it can.
#pragma once

#include <mutex>
#include <string>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::lab {

// Thread-safe.
class LogKeeper {
 public:
  // Starts the process; to be called while there is one thread. 'directory' is the lab's, which
  // gets one for logs. Throws Failure.
  explicit LogKeeper(const std::string& directory);

  // The end of a pipe into which the log 'name' is said. Throws Failure.
  [[nodiscard]] UniqueFd open(const std::string& name);

  // How much that log has been told until now. Throws Failure.
  [[nodiscard]] std::size_t size(const std::string& name);

  // The last lines of what it was told from 'offset' on.
  [[nodiscard]] std::string last_lines(const std::string& name, std::size_t offset);

  // Lets the process end, as soon as nobody has anything to say.
  void close() { socket_.reset(); }

 private:
  // Sends 'text' and waits for the answer. Throws Failure if it is not yes.
  void ask(const std::string& text, int descriptor);

  std::string directory_;
  std::mutex mutex_;
  UniqueFd socket_;
};

// Waits, a little, until no process keeps logs in 'directory', the lab's.
void await_log_keepers(const std::string& directory);

}  // namespace tapswitch::lab
