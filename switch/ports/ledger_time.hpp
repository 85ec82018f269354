// SPDX-License-Identifier: Apache-2.0
// ledger_time.hpp: tells the time as a ledger has it (ingress_ledger.h), and the programs in the
// kernel (bpf_ktime_get_ns): in nanoseconds of the steady clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace tapswitch {

[[nodiscard]] inline std::uint64_t ledger_time(std::chrono::steady_clock::time_point when) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(when.time_since_epoch()).count());
}

}  // namespace tapswitch
