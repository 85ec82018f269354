// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/capture/capture.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "switch/capture/capture_end.hpp"
#include "switch/system/pipe.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/tapctl/capture/capture_files.hpp"
#include "tools/tapctl/capture/end_signals.hpp"
#include "tools/tapctl/capture/frame_lines.hpp"
#include "tools/tapctl/capture/write_all.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {
namespace {

using client::Client;
using Clock = std::chrono::steady_clock;

UniqueFd checked(int fd, const std::string& what) {
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return UniqueFd(fd);
}

// Whether the daemon takes it; a socket is what sshd has for some programs' output.
bool is_pipe_or_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return false;
  }
  if (S_ISFIFO(status.st_mode)) {
    return (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
  }
  return S_ISREG(status.st_mode) || status.st_rdev == ::makedev(1, 3);
}

// A capture is wished for in these words, beside the parameters of capture.start.
struct Wish {
  std::int64_t seconds = 0;  // 0: no end
  std::string file;          // empty: as the output is; "-": to the output
  std::uint64_t megabytes = 0;
  std::size_t files = 0;
};

// Takes it out of 'params'.
Wish take_wish(Json& params) {
  Wish wish{.seconds = params.value("seconds", std::int64_t{0}),
            .file = params.value("write", ""),
            .megabytes = params.value("file_size", std::uint64_t{0}),
            .files = params.value("files", std::size_t{0})};
  for (const char* name : {"seconds", "write", "file_size", "files"}) {
    params.erase(name);
  }
  if (wish.megabytes != 0 && (wish.file.empty() || wish.file == "-")) {
    throw UsageError("--file-size: needs a file to write to: -w FILE", "capture");
  }
  if (wish.files != 0 && wish.megabytes == 0) {
    throw UsageError("--files: needs --file-size", "capture");
  }
  return wish;
}

// The daemon writes to a file, to our output, or to a pipe of which the output is made here. It
// stops when it sees that this process is gone, for that has the other end of the lease.
class Capturing {
 public:
  Capturing(Client& client, const Call& call, const std::function<void(const std::string&)>& print)
      : client_(client), print_(print) {
    Json params = call.params;
    const Wish wish = take_wish(params);
    params["fd"] = 0;
    refuse_early(params);
    client_.call("event.subscribe", {{"topics", {"capture"}}});
    const UniqueFd output = open_output(wish);
    signals_.emplace();
    Pipe lease = open_pipe();
    params["lease"] = 1;
    const std::array fds{output.is_open() ? output.get() : STDOUT_FILENO, lease.writer.get()};
    id_ = client_.call("capture.start", params, fds)["capture"].get<std::uint64_t>();
    lease_ = std::move(lease.reader);
    if (wish.seconds > 0) {
      end_ = Clock::now() + std::chrono::seconds(wish.seconds);
    }
  }

  // Returns what became of it.
  Json run() {
    while (true) {
      while (const auto event = client_.take_event()) {
        if ((*event)["event"] == "ended" && (*event)["data"]["capture"] == id_) {
          while (coming_.is_open()) {
            pass_on();
          }
          return (*event)["data"];
        }
      }
      wait();
    }
  }

 private:
  // A file is emptied only if there will be a capture.
  void refuse_early(Json params) {
    const UniqueFd nowhere = checked(::open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
    params["dry_run"] = true;
    client_.call("capture.start", params, std::array{nowhere.get()});
  }

  // Returns what the daemon is to write to; not open: our output.
  [[nodiscard]] UniqueFd open_output(const Wish& wish) {
    if (wish.megabytes != 0) {
      constexpr std::uint64_t megabyte = 1'000'000;
      files_.emplace(wish.file, CaptureFiles::Limits{.file_size = wish.megabytes * megabyte,
                                                     .files = wish.files});
      return open_coming();
    }
    if (!wish.file.empty() && wish.file != "-") {
      return checked(::open(wish.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                     wish.file);
    }
    const bool is_for_people = wish.file.empty() && ::isatty(STDOUT_FILENO) == 1;
    if (!is_for_people && is_pipe_or_file(STDOUT_FILENO)) {
      return {};
    }
    if (is_for_people) {
      lines_.emplace();
    }
    return open_coming();
  }

  [[nodiscard]] UniqueFd open_coming() {
    Pipe pipe = open_pipe();
    // As much as an ordinary user may have; with less, more is missed.
    (void)::fcntl(pipe.reader.get(), F_SETPIPE_SZ, 1'048'576);
    coming_ = std::move(pipe.reader);
    return std::move(pipe.writer);
  }

  void wait() {
    std::array<pollfd, 3> waiting{{{client_.descriptor(), POLLIN, 0},
                                   {signals_->descriptor(), POLLIN, 0},
                                   {coming_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), timeout());
    const bool is_time = end_ && !is_stopped_ && Clock::now() >= *end_;
    if ((waiting[1].revents & POLLIN) != 0 || is_time) {
      stop();
    }
    if (waiting[2].revents != 0) {
      pass_on();
    }
  }

  [[nodiscard]] int timeout() const {
    if (!end_ || is_stopped_) {
      return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*end_ - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }

  void stop() {
    if (std::exchange(is_stopped_, true)) {
      throw std::runtime_error("left before the daemon had written everything");
    }
    signals_->take();
    try {
      client_.call("capture.stop", {{"capture", id_}});
    } catch (const client::Refused&) {
      // The capture has ended by itself, and the event says so.
    }
  }

  // Makes output of what has come, for which it waits.
  void pass_on() {
    std::array<char, 65'536> part;
    const ssize_t size = ::read(coming_.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) {
      return;
    }
    const std::string_view bytes(part.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (bytes.empty()) {
      coming_.reset();
    } else if (files_) {
      files_->write(bytes);
    } else if (!lines_) {
      write_all(STDOUT_FILENO, bytes, "stdout");
    } else if (const std::string text = lines_->lines_of(bytes); !text.empty()) {
      print_(text);
    }
  }

  Client& client_;
  const std::function<void(const std::string&)>& print_;
  std::optional<EndSignals> signals_;
  UniqueFd lease_;                   // the daemon has its other end
  UniqueFd coming_;                  // from the daemon, if the output is made here
  std::optional<FrameLines> lines_;  // for a terminal
  std::optional<CaptureFiles> files_;
  std::optional<Clock::time_point> end_;
  std::uint64_t id_ = 0;
  bool is_stopped_ = false;
};

}  // namespace

Json capture(Client& client, const Call& call,
             const std::function<void(const std::string&)>& print) {
  return Capturing(client, call, print).run();
}

bool is_wished_end(const Json& became) {
  return capture_end::is_wished(became["why"].get<std::string>());
}

std::string summary_of(const Json& became) {
  return fmt::format("{} frames captured, {} missed: {}", became["frames"].get<std::uint64_t>(),
                     became["missed"].get<std::uint64_t>(), became["why"].get<std::string>());
}

}  // namespace tapswitch::tapctl
