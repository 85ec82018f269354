// SPDX-License-Identifier: Apache-2.0
#include "control/api/log_book.hpp"

#include <algorithm>
#include <utility>

#include "control/rpc/excerpt.hpp"

namespace tapswitch::api {

void LogBook::write(LogLine line) {
  line.text = rpc::excerpt(line.text, max_line_size);
  if (lines_.size() == max_lines) {
    lines_.pop_front();
  }
  lines_.push_back(std::move(line));
  if (listener_) {
    listener_(lines_.back());
  }
}

std::deque<LogLine> LogBook::last(std::size_t count) const {
  const auto size = static_cast<std::ptrdiff_t>(std::min(count, lines_.size()));
  return {lines_.end() - size, lines_.end()};
}

}  // namespace tapswitch::api
