// SPDX-License-Identifier: Apache-2.0
// progress.hpp: shows what is being done right now, and for how long: on a terminal a line that
// lives, in a file or pipe a line for each thing that is done.
#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace tapswitch::lab {

// Thread-safe.
class Progress {
 public:
  // Writes to 'file', as to a terminal if it is one.
  explicit Progress(std::FILE* file);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void begin(const std::string& what);
  void change(const std::string& what, const std::string& detail);
  // 'outcome' is told behind it, with the time it took: "up".
  void end(const std::string& what, const std::string& outcome);
  void forget(const std::string& what);

  // A line that stays.
  void tell(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;

  struct Work {
    Clock::time_point since;
    std::string detail;
  };

  void live(const std::stop_token& stop);
  void clear_line();
  void draw_line();

  std::FILE* file_;
  bool is_terminal_;
  std::mutex mutex_;
  std::map<std::string, Work> works_;
  bool is_drawn_ = false;
  std::jthread ticker_;
};

}  // namespace tapswitch::lab
