// SPDX-License-Identifier: Apache-2.0
// kept_log.hpp: a log of which the beginning and the end are kept, whatever is said in between.
//
// Theory of operation: what is said is one stream. Its first MiB is NAME.log; the rest is in pieces
// of a MiB that are called after their place in the stream, NAME.log.OFFSET, of which the last two
// stay. So names and sizes tell all there is to know: how much was said, and what is left out.
// Limits: 3 MiB a log. Without room nothing is written; how much that was is told when there is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "switch/system/unique_fd.hpp"

namespace tapswitch::lab {

class KeptLog {
 public:
  static constexpr std::size_t piece_size = std::size_t{1} << 20;

  // 'directory' holds the logs, and is only read here.
  KeptLog(int directory, std::string name);

  void append(std::string_view text);

 private:
  // The bytes that could be written.
  [[nodiscard]] std::size_t write(std::string_view text);
  [[nodiscard]] std::string file_name() const;
  // Goes on to the piece that begins at 'start', and takes away those that are too old.
  void begin_piece(std::size_t start);

  int directory_;
  std::string name_;
  std::size_t start_ = 0;      // of the present piece, in the stream
  std::size_t unwritten_ = 0;  // bytes since there was no room
};

// How much the log 'name' has been told, as far as there was room. 'directory' holds the logs.
[[nodiscard]] std::size_t log_size(const std::string& directory, const std::string& name);

// Returns what is kept of it from 'offset' on, with a line for what is left out.
[[nodiscard]] std::string read_log(const std::string& directory, const std::string& name,
                                   std::size_t offset = 0);

// The last lines of 'text', indented.
[[nodiscard]] std::string last_lines(const std::string& text);

}  // namespace tapswitch::lab
