// SPDX-License-Identifier: Apache-2.0
// wake_log.hpp: tells by when a thread comes whether it sleeps in between. One that is awake all
// the time needs no head start (head_start.hpp), and to give it one costs others their turn.
// Threads: one.
#pragma once

#include <chrono>

#include "switch/conditions/conditions.hpp"

namespace tapswitch {

class WakeLog {
 public:
  // A processor that has nothing to do for so long may sleep deeply.
  static constexpr std::chrono::nanoseconds long_sleep{1'000'000};

  // The thread is here.
  void note(TimePoint now) noexcept {
    if (now - last_ >= long_sleep) {
      woke_ = now;
    }
    last_ = now;
  }

  // Whether it had been away for long until a moment ago.
  [[nodiscard]] bool has_just_woken(TimePoint now) const noexcept {
    return now - woke_ < long_sleep;
  }

 private:
  TimePoint last_{};
  TimePoint woke_{};
};

}  // namespace tapswitch
