// SPDX-License-Identifier: Apache-2.0
// timed_set.hpp: an EpollSet with a timer in it, for who waits for others only so long.
#pragma once

#include <cstdint>

#include "switch/system/epoll_set.hpp"
#include "switch/system/timer.hpp"

namespace tapswitch {

struct TimedSet {
  EpollSet set;
  Timer timer;  // not set

  // The set tells of the timer by 'timer_tag'.
  [[nodiscard]] static KernelResult<TimedSet> open(std::uint64_t timer_tag);
};

}  // namespace tapswitch
