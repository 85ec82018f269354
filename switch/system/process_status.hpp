// SPDX-License-Identifier: Apache-2.0
// process_status.hpp: looks up another process (proc(5), /proc/PID/stat).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace tapswitch {

struct ProcessStatus {
  char state = 'X';  // of its first thread
  std::uint64_t start =
      0;  // when it began, in clock ticks; with its number, what tells it from others

  // Whether its first thread is dead; what it has open is closed when its last one is.
  [[nodiscard]] bool is_dead() const { return state == 'Z' || state == 'X'; }
};

// Nullopt if there is no such process, or if it is not to be seen.
[[nodiscard]] std::optional<ProcessStatus> process_status(pid_t pid);

}  // namespace tapswitch
