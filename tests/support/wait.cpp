// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wait.hpp"

#include <poll.h>

#include <cerrno>
#include <thread>

namespace tapswitch::test {

using Clock = std::chrono::steady_clock;

bool wait_until_readable(int fd, std::chrono::milliseconds at_most) {
  return wait_until_any_readable({fd}, at_most);
}

bool wait_until_any_readable(const std::vector<int>& fds, std::chrono::milliseconds at_most) {
  const Clock::time_point end = Clock::now() + at_most;
  std::vector<pollfd> entries;
  for (const int fd : fds) {
    entries.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const int ready = ::poll(entries.data(), entries.size(), left > 0 ? static_cast<int>(left) : 0);
    if (ready >= 0 || errno != EINTR) {
      return ready > 0;
    }
  }
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds at_most) {
  const Clock::time_point end = Clock::now() + at_most;
  while (!condition()) {
    if (Clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace tapswitch::test
