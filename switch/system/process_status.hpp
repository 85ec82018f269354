// SPDX-License-Identifier: Apache-2.0
// process_status.hpp: looks up another process (proc(5), /proc/PID/stat).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace tapswitch {

struct ProcessStatus {
  char state = 'X';  // of its first thread
  std::uint64_t threads = 0;
  // When it began, in clock ticks; with its number, what tells it from others.
  std::uint64_t start = 0;

  // Whether it is coming to its end or has come there: its first thread is dead.
  [[nodiscard]] bool is_ending() const { return state == 'Z' || state == 'X'; }

  // Whether all that it had open is closed: the last of its threads does that, not the first one.
  [[nodiscard]] bool has_ended() const { return is_ending() && threads <= 1; }
};

// Nullopt if there is no such process, or if it is not to be seen.
[[nodiscard]] std::optional<ProcessStatus> process_status(pid_t pid);

}  // namespace tapswitch
