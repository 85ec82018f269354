// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/console.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "switch/system/peer_socket.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/failure.hpp"

namespace tapswitch::lab {
namespace {

constexpr char escape = '\x1d';  // Ctrl-]

// Every key goes to the machine, until it goes.
class RawTerminal {
 public:
  RawTerminal() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (is_terminal_) {
      termios raw = before_;
      ::cfmakeraw(&raw);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (is_terminal_) {
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
  }

 private:
  termios before_{};
  bool is_terminal_;
};

UniqueFd connect_to(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  refuse_descriptors(socket.get());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Failure(fmt::format("cannot reach the console at {}: {}", path, std::strerror(errno)));
  }
  return socket;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

int attach_console(const std::string& path) {
  const UniqueFd socket = connect_to(path);
  std::fputs("the console: Ctrl-] leaves it\n", stderr);
  const RawTerminal raw;
  std::array<char, 4096> buffer{};
  std::array<pollfd, 2> waited{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                {.fd = socket.get(), .events = POLLIN, .revents = 0}}};
  while (::poll(waited.data(), waited.size(), -1) > 0 || errno == EINTR) {
    if (waited[1].revents != 0) {
      const ssize_t size = ::read(socket.get(), buffer.data(), buffer.size());
      if (size <= 0 || !write_all(STDOUT_FILENO, {buffer.data(), static_cast<std::size_t>(size)})) {
        break;
      }
    }
    if (waited[0].revents != 0) {
      const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (size <= 0) {
        // A pipe has no more to say; what the machine answers is still to be heard.
        ::shutdown(socket.get(), SHUT_WR);
        waited[0].fd = -1;
        continue;
      }
      const std::string_view typed(buffer.data(), static_cast<std::size_t>(size));
      const std::size_t end = std::min(typed.find(escape), typed.size());
      if (!write_all(socket.get(), typed.substr(0, end)) || end < typed.size()) {
        break;
      }
    }
  }
  return 0;
}

}  // namespace tapswitch::lab
