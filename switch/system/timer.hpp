// SPDX-License-Identifier: Apache-2.0
// timer.hpp: a descriptor that is readable once a time has passed.
#pragma once

#include <chrono>

#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class Timer {
 public:
  [[nodiscard]] static KernelResult<Timer> open();

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

  // From now on, instead of what was set before. Zero: never.
  void set(std::chrono::nanoseconds time) noexcept;

  // Whether the time has passed; it is told once.
  [[nodiscard]] bool take() noexcept;

 private:
  explicit Timer(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace tapswitch
