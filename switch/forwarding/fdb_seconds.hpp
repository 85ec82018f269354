// SPDX-License-Identifier: Apache-2.0
// fdb_seconds.hpp: how an FDB reckons time: in seconds of 32 bits, which are compared by their
// difference, so that it does not matter where the clock began.
#pragma once

#include <chrono>
#include <cstdint>

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {

inline std::uint32_t to_second(TimePoint now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

// Negative where another thread has read the clock a moment later.
inline std::int32_t age_of(FdbValue value, std::uint32_t second) {
  return static_cast<std::int32_t>(second - value.second());
}

}  // namespace tapswitch
