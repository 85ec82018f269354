// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/conditions.hpp"

#include <algorithm>

namespace tapswitch {

std::uint64_t Conditions::queue_limit() const {
  constexpr std::uint64_t least = 16U << 10;
  constexpr std::chrono::milliseconds margin{100};
  constexpr double usual_rate = 1e10;
  if (queue) {
    return std::min<std::uint64_t>(*queue, largest_queue);
  }
  const std::chrono::duration<double> time = delay + jitter + margin;
  const double bytes = (rate == 0 ? usual_rate : static_cast<double>(rate)) * time.count() / 8;
  return bytes >= static_cast<double>(largest_queue)
             ? largest_queue
             : std::max(static_cast<std::uint64_t>(bytes), least);
}

}  // namespace tapswitch
