// SPDX-License-Identifier: Apache-2.0
// log_book.hpp: the last lines that the daemon logged, for log.tail, and the word to whoever wants
// to hear of each.
//
// Limits: max_lines lines; of a longer line than max_line_size bytes the beginning.
// Threads: the control thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace tapswitch::api {

// From the one that lets all lines pass to the one that lets none.
constexpr std::array<std::string_view, 6> log_levels = {"trace",   "debug", "info",
                                                        "warning", "error", "off"};

// How many lines log.tail tells if it is not asked for more.
constexpr std::size_t default_log_lines = 20;

struct LogLine {
  std::chrono::system_clock::time_point time;
  std::string level;  // one of log_levels
  std::string text;   // whatever bytes were logged
};

class LogBook {
 public:
  static constexpr std::size_t max_lines = 1'000;
  static constexpr std::size_t max_line_size = 2'048;

  using Listener = std::function<void(const LogLine&)>;

  void write(LogLine line);

  // The last lines, oldest first; 'count' at most.
  [[nodiscard]] std::deque<LogLine> last(std::size_t count) const;

  // Is told of each line from now on. It must not log.
  void set_listener(Listener listener) { listener_ = std::move(listener); }

 private:
  std::deque<LogLine> lines_;
  Listener listener_;
};

}  // namespace tapswitch::api
