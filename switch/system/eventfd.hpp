// SPDX-License-Identifier: Apache-2.0
// eventfd.hpp: eventfds that strangers have passed: telling them from whatever else could be
// passed, and writing to them without waiting for their owners.
//
// Theory of operation: who has an eventfd too can fill it and have writing to it wait, and the
// kernel knows no way to write that does not. So while a thread writes a timer runs that interrupts
// it by a signal. The timer is set at most once in 'patience', and not at all for who does not
// write (ADR 101).
// Limits: a thread waits for 2 * patience. Threads: any; each that writes has a timer of its own.
#pragma once

#include <chrono>

namespace tapswitch {

// Whether 'fd' is one. Asks no file system; needs /proc.
[[nodiscard]] bool is_eventfd(int fd) noexcept;

class StrangersEventfd {
 public:
  static constexpr std::chrono::milliseconds patience{10};

  // Adds one to what 'fd' counts. False: it cannot be done without waiting longer.
  [[nodiscard]] static bool ring(int fd) noexcept;
};

}  // namespace tapswitch
