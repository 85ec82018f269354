// SPDX-License-Identifier: Apache-2.0
#include "switch/system/timed_set.hpp"

#include <cerrno>
#include <utility>

namespace tapswitch {

KernelResult<TimedSet> TimedSet::open(std::uint64_t timer_tag) {
  auto set = EpollSet::open();
  if (!set) {
    return set.error();
  }
  auto timer = Timer::open();
  if (!timer) {
    return timer.error();
  }
  if (!set->add(timer->descriptor(), EPOLLIN, timer_tag)) {
    return kernel_error(errno, "epoll_ctl", "wait for", "a timer");
  }
  return TimedSet{.set = std::move(*set), .timer = std::move(*timer)};
}

}  // namespace tapswitch
