// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <condition_variable>

#include <fmt/format.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::chrono::milliseconds tick{100};
constexpr std::size_t usual_width = 80;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::size_t width_of_terminal(std::FILE* file) {
  winsize size{};
  return ::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                            : usual_width;
}

}  // namespace

Progress::Progress(std::FILE* file) : file_(file), is_terminal_(::isatty(::fileno(file)) == 1) {
  if (is_terminal_) {
    ticker_ = std::jthread([this](const std::stop_token& stop) { live(stop); });
  }
}

Progress::~Progress() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
  const std::lock_guard lock(mutex_);
  clear_line();
}

void Progress::begin(const std::string& what) {
  const std::lock_guard lock(mutex_);
  works_[what] = {.since = Clock::now(), .detail = ""};
  draw_line();
}

void Progress::change(const std::string& what, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  if (const auto found = works_.find(what); found != works_.end()) {
    found->second.detail = detail;
  }
}

void Progress::end(const std::string& what, const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  const auto found = works_.find(what);
  if (found == works_.end()) {
    return;
  }
  clear_line();
  std::fputs(fmt::format("{}: {} ({:.2f} s)\n", what, tapctl::printable_lines(outcome),
                         seconds_since(found->second.since))
                 .c_str(),
             file_);
  std::fflush(file_);
  works_.erase(found);
  draw_line();
}

void Progress::forget(const std::string& what) {
  const std::lock_guard lock(mutex_);
  works_.erase(what);
  clear_line();
  draw_line();
}

void Progress::tell(const std::string& line) {
  const std::lock_guard lock(mutex_);
  clear_line();
  std::fputs((tapctl::printable_lines(line) + '\n').c_str(), file_);
  std::fflush(file_);
  draw_line();
}

void Progress::live(const std::stop_token& stop) {
  std::condition_variable_any never;
  std::unique_lock lock(mutex_);
  while (!never.wait_for(lock, stop, tick, [&] { return stop.stop_requested(); })) {
    draw_line();
  }
}

void Progress::clear_line() {
  if (is_drawn_) {
    std::fputs("\r\x1b[K", file_);
    is_drawn_ = false;
  }
}

void Progress::draw_line() {
  if (!is_terminal_ || works_.empty()) {
    return;
  }
  std::string line;
  for (const auto& [what, work] : works_) {
    line += fmt::format("{}{}{} {:.1f} s", line.empty() ? "" : " · ", what,
                        work.detail.empty() ? "" : ": " + tapctl::printable(work.detail),
                        seconds_since(work.since));
  }
  std::fputs("\r\x1b[K", file_);
  std::fputs(std::string(tapctl::beginning_of(line, width_of_terminal(file_) - 1)).c_str(), file_);
  std::fflush(file_);
  is_drawn_ = true;
}

}  // namespace tapswitch::lab
