// SPDX-License-Identifier: Apache-2.0
// utc.hpp: a moment as it stands in what is told: "2026-11-23T21:25:33.012345Z". Pure.
#pragma once

#include <chrono>
#include <string>

namespace tapswitch::rpc {

// With so many digits of a second: 3 are milliseconds, 6 are microseconds.
[[nodiscard]] std::string utc(std::chrono::system_clock::time_point time, int digits);

}  // namespace tapswitch::rpc
