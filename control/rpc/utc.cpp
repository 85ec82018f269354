// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/utc.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace tapswitch::rpc {

std::string utc(std::chrono::system_clock::time_point time, int digits) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = std::chrono::floor<std::chrono::nanoseconds>(time - second).count();
  const std::string text = fmt::format("{:%FT%T}.{:09}", fmt::gmtime(second), fraction);
  constexpr int all_digits = 9;
  return text.substr(0, text.size() - static_cast<std::size_t>(all_digits - digits)) + 'Z';
}

}  // namespace tapswitch::rpc
