// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/service_manager.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "switch/system/descriptor_message.hpp"
#include "switch/system/pipe.hpp"

namespace tapswitch::daemon {
namespace {

constexpr int first_passed_fd = 3;  // SD_LISTEN_FDS_START
constexpr int most_passed_fds = 65'536;

// How long the manager may take to hear what it must hear.
constexpr int patience_milliseconds = 5'000;

// Taken away, so that no child believes it is meant.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value != nullptr ? value : "";
  unsetenv(name);
  return taken;
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::vector<PassedSocket> passed_sockets() {
  const auto pid = number(take_variable("LISTEN_PID"));
  const auto count = number(take_variable("LISTEN_FDS"));
  std::string names = take_variable("LISTEN_FDNAMES");
  std::vector<PassedSocket> sockets;
  if (pid != getpid() || !count || *count < 0 || *count > most_passed_fds) {
    return sockets;
  }
  for (int fd = first_passed_fd; fd < first_passed_fd + *count; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    const std::size_t colon = names.find(':');
    sockets.push_back({names.substr(0, colon), UniqueFd(fd)});
    names.erase(0, colon == std::string::npos ? colon : colon + 1);
  }
  return sockets;
}

UniqueFd connect_to_notify(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return UniqueFd();
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  if (path.front() == '@') {  // an abstract name
    address.sun_path[0] = '\0';
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return UniqueFd();
  }
  return fd;
}

}  // namespace

ServiceManager::ServiceManager()
    : sockets_(passed_sockets()), notify_(connect_to_notify(take_variable("NOTIFY_SOCKET"))) {
  const auto is_stored = [](const PassedSocket& passed) {
    return passed.name.starts_with(stored_prefix);
  };
  const auto first_stored =
      std::stable_partition(sockets_.begin(), sockets_.end(), std::not_fn(is_stored));
  stored_.assign(std::make_move_iterator(first_stored), std::make_move_iterator(sockets_.end()));
  sockets_.erase(first_stored, sockets_.end());
}

void ServiceManager::store(std::string_view name, int fd) const {
  // Without FDPOLL=0 it would drop what has an error, as a TAP whose interface is gone has.
  say_surely(fmt::format("FDSTORE=1\nFDNAME={}\nFDPOLL=0\n", name), std::array{fd});
}

void ServiceManager::forget_stored(std::string_view name) const {
  say_surely(fmt::format("FDSTOREREMOVE=1\nFDNAME={}\n", name), {});
}

void ServiceManager::wait_until_heard() const {
  Pipe pipe = open_pipe();
  say_surely("BARRIER=1", std::array{pipe.writer.get()});
  pipe.writer.reset();
  // The service manager closes its end when it comes to that.
  pollfd closed{.fd = pipe.reader.get(), .events = 0, .revents = 0};
  if (poll(&closed, 1, patience_milliseconds) != 1) {
    throw std::runtime_error("the service manager does not hear");
  }
}

void ServiceManager::say_surely(std::string_view words, std::span<const int> descriptors) const {
  while (send_with_descriptors(notify_.get(), words, descriptors, MSG_DONTWAIT) < 0) {
    pollfd writable{.fd = notify_.get(), .events = POLLOUT, .revents = 0};
    if (errno != EAGAIN || poll(&writable, 1, patience_milliseconds) != 1) {
      throw std::runtime_error("the service manager does not listen");
    }
  }
}

void ServiceManager::say_ready(std::string_view status) const {
  say(fmt::format("READY=1\nSTATUS={}\n", status));
}

void ServiceManager::say_alive() const { say("WATCHDOG=1\n"); }

void ServiceManager::say_stopping() const { say("STOPPING=1\n"); }

void ServiceManager::say(std::string_view words) const {
  if (notify_.is_open()) {
    // If it cannot take it now, it hears the next "alive".
    (void)send(notify_.get(), words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

}  // namespace tapswitch::daemon
