// SPDX-License-Identifier: Apache-2.0
// head_start.hpp: how long before a frame is due its timer is to ring, so that whoever is woken by
// it is awake when it is. Learned from how late he was before: much where the processor sleeps in
// between, next to nothing where he is awake anyway.
// Limits: 'most'. Threads: one at a time.
#pragma once

#include <algorithm>
#include <chrono>

namespace tapswitch {

class HeadStart {
 public:
  static constexpr std::chrono::nanoseconds most{200'000};

  // Whoever waited for a timer was awake so long behind it.
  void was_late_by(std::chrono::nanoseconds time) noexcept {
    constexpr int weight = 4;
    usual_ += (std::clamp(time, std::chrono::nanoseconds(0), most) - usual_) / weight;
  }

  [[nodiscard]] std::chrono::nanoseconds get() const noexcept { return usual_; }

 private:
  std::chrono::nanoseconds usual_{0};
};

}  // namespace tapswitch
