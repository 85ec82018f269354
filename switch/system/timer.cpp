// SPDX-License-Identifier: Apache-2.0
#include "switch/system/timer.hpp"

#include <sys/timerfd.h>

#include <cerrno>
#include <cstdint>

namespace tapswitch {

KernelResult<Timer> Timer::open() {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd.is_open()) {
    return kernel_error(errno, "timerfd_create", "make", "a timer");
  }
  return Timer(std::move(fd));
}

void Timer::set(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (time - seconds).count();
  ::timerfd_settime(fd_.get(), 0, &when, nullptr);
}

bool Timer::take() noexcept {
  std::uint64_t count = 0;
  return ::read(fd_.get(), &count, sizeof count) == sizeof count;
}

}  // namespace tapswitch
