// SPDX-License-Identifier: Apache-2.0
// control_load.cpp: how many calls the control socket answers, and how long each answer takes.
//
//     control_load SOCKET SECONDS WINDOW PAUSE METHOD [PARAMETERS]
//
// Calls METHOD for so long, with at most WINDOW calls unanswered, and prints what it took, as JSON:
// calls in a second; median, 99th percentile and longest time of an answer in microseconds. With a
// WINDOW of 1 it pauses before each call for PAUSE microseconds, so that the daemon sleeps as it
// does when nobody asks. Every answer must be a result.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "switch/system/unique_fd.hpp"
#include "tests/bench/machine.hpp"

namespace tapswitch::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

UniqueFd connect_to(std::string_view path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (fd.get() < 0 || path.size() >= sizeof(address.sun_path)) {
    fail("socket");
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail("connect");
  }
  return fd;
}

struct Wish {
  std::chrono::duration<double> time;
  std::size_t window;
  std::chrono::microseconds pause;
  std::string line;  // of the request
};

class Load {
 public:
  Load(UniqueFd socket, const Wish& wish) : socket_(std::move(socket)), wish_(wish) {}

  void run() {
    const Clock::time_point began = Clock::now();
    while (Clock::now() - began < wish_.time) {
      if (wish_.window == 1 && wish_.pause.count() > 0) {
        std::this_thread::sleep_for(wish_.pause);
      }
      ask(wish_.window - asked_.size());
      hear();
    }
    while (!asked_.empty()) {
      hear();
    }
    elapsed_ = Clock::now() - began;
  }

  void print() {
    std::sort(took_.begin(), took_.end());
    const auto at = [this](double part) {
      return took_[static_cast<std::size_t>(part * static_cast<double>(took_.size() - 1))].count();
    };
    fmt::print(R"({{"calls_per_second": {:.0f}, "median": {:.1f}, "p99": {:.1f}, "max": {:.1f}}})"
               "\n",
               static_cast<double>(took_.size()) / elapsed_.count(), at(0.5), at(0.99), at(1.0));
  }

 private:
  // 'count' requests in one write.
  void ask(std::size_t count) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) {
      lines += wish_.line;
    }
    asked_.insert(asked_.end(), count, Clock::now());
    std::string_view unsent = lines;
    while (!unsent.empty()) {
      const ssize_t size = send(socket_.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (size < 0) {
        fail("send");
      }
      unsent.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  // Whatever has come, at least a part of an answer.
  void hear() {
    std::array<char, 262'144> part;
    const ssize_t size = recv(socket_.get(), part.data(), part.size(), 0);
    if (size <= 0) {
      fail("recv");
    }
    const Clock::time_point now = Clock::now();
    for (const char c : std::string_view(part.data(), static_cast<std::size_t>(size))) {
      if (c != '\n') {
        // The beginning tells what it is.
        if (beginning_.size() < beginning_size) {
          beginning_ += c;
        }
        continue;
      }
      if (beginning_.find(R"("error")") != std::string::npos) {
        throw std::runtime_error("refused: " + beginning_);
      }
      beginning_.clear();
      took_.emplace_back(now - asked_.front());
      asked_.pop_front();
    }
  }

  static constexpr std::size_t beginning_size = 200;

  UniqueFd socket_;
  const Wish wish_;
  std::deque<Clock::time_point> asked_;  // and not answered yet
  std::string beginning_;                // of the answer that is coming
  std::vector<Microseconds> took_;
  std::chrono::duration<double> elapsed_{};
};

void run(std::span<char*> arguments) {
  if (arguments.size() < 5 || arguments.size() > 6) {
    throw std::invalid_argument(
        "usage: control_load SOCKET SECONDS WINDOW PAUSE METHOD [PARAMETERS]");
  }
  const std::string_view parameters = arguments.size() == 6 ? arguments[5] : "{}";
  Load load(connect_to(arguments[0]),
            {.time = std::chrono::duration<double>(number_from<double>(arguments[1])),
             .window = number_from<std::size_t>(arguments[2]),
             .pause = std::chrono::microseconds(number_from<int>(arguments[3])),
             .line = fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"{}","params":{}}})"
                                 "\n",
                                 arguments[4], parameters)});
  load.run();
  load.print();
}

}  // namespace
}  // namespace tapswitch::bench

int main(int argc, char** argv) {
  return tapswitch::bench::run_program("control_load", argc, argv, tapswitch::bench::run);
}
