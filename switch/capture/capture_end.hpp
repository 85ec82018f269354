// SPDX-License-Identifier: Apache-2.0
// capture_end.hpp: why a capture is over, in the words that its end is told with.
#pragma once

#include <string_view>

namespace tapswitch::capture_end {

constexpr std::string_view stopped = "stopped";
constexpr std::string_view count_reached = "count reached";
constexpr std::string_view reader_gone = "its reader is gone";

// Whether somebody wished it to end there; else something has ended it. What follows "stopped", as
// that the reader stood still, does not count.
constexpr bool is_wished(std::string_view why) noexcept {
  return why.starts_with(stopped) || why == count_reached || why == reader_gone;
}

}  // namespace tapswitch::capture_end
