// SPDX-License-Identifier: Apache-2.0
// started_processes.hpp: the processes that one `lab up` has started: one that ends at once is a
// failure of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/lab/log_keeper.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {

struct StartedProcess {
  std::string title;  // of its node
  std::string name;
  std::string log;
  std::size_t offset = 0;  // where in its log that of this start begins
  Child child;
};

// Thread-safe.
class StartedProcesses {
 public:
  explicit StartedProcesses(LogKeeper& logs) : logs_(logs) {}

  void add(StartedProcess process);

  // Throws Failure with the last lines of a process that has ended; of that node alone, if there is
  // a 'title'.
  void complain_of(const std::optional<std::string>& title);

  // Gives those that were started last the time to find out that they cannot run, and complains.
  void settle();

 private:
  LogKeeper& logs_;
  std::mutex mutex_;
  std::vector<StartedProcess> processes_;
  std::chrono::steady_clock::time_point last_start_{};
};

}  // namespace tapswitch::lab
