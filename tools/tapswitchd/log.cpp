// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/log.hpp"

#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "control/rpc/excerpt.hpp"
#include "control/rpc/printable.hpp"

namespace tapswitch::daemon {
namespace {

// systemd says in the environment which file its journal reads; stderr may have been sent elsewhere
// since.
bool is_journal(int fd) {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && fstat(fd, &status) == 0 &&
         stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

// syslog(3)'s priorities.
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& text) override {
    switch (message.level) {
      case spdlog::level::critical:
      case spdlog::level::err:
        text.push_back('3');
        break;
      case spdlog::level::warn:
        text.push_back('4');
        break;
      case spdlog::level::info:
        text.push_back('6');
        break;
      default:
        text.push_back('7');
    }
  }

  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<JournalPriority>();
  }
};

// Names and descriptions in a line are a stranger's text; the terminal is an operator's.
std::string printable_text(const spdlog::details::log_msg& message) {
  return rpc::printable({message.payload.data(), message.payload.size()});
}

spdlog::details::log_msg with_text(const spdlog::details::log_msg& message, std::string_view text) {
  spdlog::details::log_msg changed = message;
  changed.payload = text;
  return changed;
}

class StderrSink final : public spdlog::sinks::stderr_color_sink_st {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const std::string text = printable_text(message);
    spdlog::sinks::stderr_color_sink_st::log(with_text(message, text));
  }
};

// Whoever should read a pipe, or the journal's socket, may stand still; the control thread does not
// wait for it. A pipe or socket that has any room takes PIPE_BUF bytes at once [POSIX.1 write()].
class PipeSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 private:
  // With the "..." behind it, and room for time, name and level before it.
  static constexpr std::size_t longest_text = PIPE_BUF - 128;

  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0 && write(message, fmt::format("{} lines are left out here: nobody has read this "
                                                "log; `tapctl log tail` has the last",
                                                lost_))) {
      lost_ = 0;
    }
    if (lost_ > 0 || !write(message, rpc::excerpt(printable_text(message), longest_text))) {
      ++lost_;
    }
  }
  void flush_() override {}

  // Returns whether there was room for it.
  bool write(const spdlog::details::log_msg& message, std::string_view text) {
    spdlog::memory_buf_t line;
    formatter_->format(with_text(message, text), line);
    pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&room, 1, 0) > 0 &&
           ::write(STDERR_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

  std::uint64_t lost_ = 0;
};

spdlog::sink_ptr sink_to_stderr() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) == 0 &&
      (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
    return std::make_shared<PipeSink>();
  }
  return std::make_shared<StderrSink>();
}

class BookSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit BookSink(api::LogBook& book) : book_(book) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto level = spdlog::level::to_string_view(message.level);
    book_.write({.time = message.time,
                 .level = std::string(level.data(), level.size()),
                 .text = std::string(message.payload.data(), message.payload.size())});
  }
  void flush_() override {}

  api::LogBook& book_;
};

}  // namespace

std::shared_ptr<spdlog::logger> open_log(api::LogBook& book, const std::string& level) {
  const spdlog::sink_ptr to_stderr = sink_to_stderr();
  if (is_journal(STDERR_FILENO)) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JournalPriority>('*').set_pattern("<%*>%v");
    to_stderr->set_formatter(std::move(formatter));
  }
  auto log = std::make_shared<spdlog::logger>(
      "tapswitchd", spdlog::sinks_init_list{to_stderr, std::make_shared<BookSink>(book)});
  log->set_level(spdlog::level::from_str(level));
  return log;
}

}  // namespace tapswitch::daemon
