// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_source.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/system/shortage.hpp"
#include "switch/system/timed_set.hpp"

namespace tapswitch {
namespace {

// Each tag tells members of the sets here apart.
constexpr std::uint64_t socket_tag = 1;
constexpr std::uint64_t pause_tag = 2;

void set_option(int socket, int level, int name, int value) noexcept {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

// Frames are not to wait for more; and a host that is gone without a word is to be noticed.
void set_tcp_options(int family, int socket) noexcept {
  if (family == AF_UNIX) {
    return;
  }
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 20);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

// TCP may connect a socket with itself, where nobody listens on a port that the kernel chooses for
// the near end.
bool is_connected_with_itself(int socket) noexcept {
  sockaddr_storage near{};
  sockaddr_storage far{};
  socklen_t near_size = sizeof near;
  socklen_t far_size = sizeof far;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&near), &near_size) == 0 &&
         ::getpeername(socket, reinterpret_cast<sockaddr*>(&far), &far_size) == 0 &&
         near.ss_family != AF_UNIX && near_size == far_size &&
         std::memcmp(&near, &far, near_size) == 0;
}

KernelError cannot_listen(std::string_view call, const std::string& name) {
  return {.number = errno,
          .call = std::string(call),
          .action = "listen on",
          .object = fmt::format("'{}'", name),
          .hint = {},
          .missing = {}};
}

}  // namespace

KernelResult<std::unique_ptr<StreamSource>> ListeningSource::open(const SocketAddress& address,
                                                                  const FileAccess& access) {
  if (address.is_unix()) {
    const auto location = SocketLocation::of_path(address.path());
    return location ? open(*location, access) : location.error();
  }
  PeerSocket socket = PeerSocket::open(address.family(), SOCK_STREAM | SOCK_NONBLOCK);
  if (!socket.is_open()) {
    return cannot_listen("socket", address.to_string());
  }
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(socket.get(), address.get(), address.size()) != 0) {
    return cannot_listen("bind", address.to_string());
  }
  return listen(address.family(), std::move(socket), {}, address.to_string());
}

KernelResult<std::unique_ptr<StreamSource>> ListeningSource::open(const SocketLocation& location,
                                                                  const FileAccess& access) {
  const std::string name = fmt::format("unix:{}", location.path);
  PeerSocket socket = PeerSocket::open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  if (!socket.is_open()) {
    return cannot_listen("socket", name);
  }
  auto file = SocketFile::bind(socket.get(), SOCK_STREAM, location, access);
  return file ? listen(AF_UNIX, std::move(socket), std::move(*file), name) : file.error();
}

KernelResult<std::unique_ptr<StreamSource>> ListeningSource::listen(int family, PeerSocket socket,
                                                                    SocketFile file,
                                                                    const std::string& name) {
  if (::listen(socket.get(), backlog) != 0) {
    return cannot_listen("listen", name);
  }
  auto waiting = TimedSet::open(pause_tag);
  if (!waiting) {
    return waiting.error();
  }
  if (!waiting->set.add(socket.get(), EPOLLIN, socket_tag)) {
    return cannot_listen("epoll_ctl", name);
  }
  return std::unique_ptr<StreamSource>(new ListeningSource(family, std::move(socket),
                                                           std::move(file), std::move(waiting->set),
                                                           std::move(waiting->timer)));
}

ListeningSource::ListeningSource(int family, PeerSocket socket, SocketFile file, EpollSet set,
                                 Timer timer)
    : family_(family),
      socket_(std::move(socket)),
      file_(std::move(file)),
      set_(std::move(set)),
      timer_(std::move(timer)) {}

PeerSocket ListeningSource::take() noexcept {
  if (timer_.take()) {
    set_.change(socket_.get(), EPOLLIN, socket_tag);
  }
  if (socket_.is_held_up()) {
    begin_rest();
    return {};
  }
  UniqueFd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection.is_open()) {
    set_tcp_options(family_, connection.get());
  } else if (is_shortage(errno)) {
    begin_rest();
  }
  return PeerSocket(std::move(connection));
}

// The set would tell us at once again of whoever waits there.
void ListeningSource::begin_rest() noexcept {
  set_.change(socket_.get(), 0, socket_tag);
  timer_.set(rest);
}

KernelResult<std::unique_ptr<StreamSource>> ConnectingSource::open(const SocketAddress& address,
                                                                   std::chrono::seconds reconnect) {
  auto waiting = TimedSet::open(pause_tag);
  if (!waiting) {
    return waiting.error();
  }
  waiting->timer.set(std::chrono::milliseconds(1));
  return std::unique_ptr<StreamSource>(
      new ConnectingSource(address, reconnect, std::move(waiting->set), std::move(waiting->timer)));
}

ConnectingSource::ConnectingSource(const SocketAddress& address, std::chrono::seconds reconnect,
                                   EpollSet set, Timer timer)
    : address_(address), reconnect_(reconnect), set_(std::move(set)), timer_(std::move(timer)) {}

PeerSocket ConnectingSource::take() noexcept {
  std::array<epoll_event, 2> space;
  bool is_answered = false;
  for (const epoll_event& event : set_.ready(space)) {
    is_answered = is_answered || event.data.u64 == socket_tag;
  }
  if (is_answered) {
    return finish();
  }
  if (!timer_.take()) {
    return {};
  }
  if (socket_.is_open()) {
    return give_up();  // nobody has answered for connect_time
  }
  return begin();
}

PeerSocket ConnectingSource::begin() noexcept {
  socket_ = PeerSocket::open(address_.family(), SOCK_STREAM | SOCK_NONBLOCK);
  if (!socket_.is_open() || socket_.is_held_up()) {
    return give_up();
  }
  set_tcp_options(address_.family(), socket_.get());
  if (connect_socket()) {
    return std::move(socket_);
  }
  if (errno != EINPROGRESS || !set_.add(socket_.get(), EPOLLOUT, socket_tag)) {
    return give_up();
  }
  timer_.set(connect_time);
  return {};
}

// Not to one of ours: what is sent would come back.
bool ConnectingSource::connect_socket() noexcept {
  if (!address_.is_unix()) {
    return ::connect(socket_.get(), address_.get(), address_.size()) == 0;
  }
  const UniqueFd file = open_foreign_socket(address_.path());
  if (!file.is_open()) {
    return false;
  }
  const SocketAddress itself = address_of_open(file.get());
  return ::connect(socket_.get(), itself.get(), itself.size()) == 0;
}

PeerSocket ConnectingSource::finish() noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0 ||
      is_connected_with_itself(socket_.get())) {
    return give_up();
  }
  set_.remove(socket_.get());
  timer_.set({});
  return std::move(socket_);
}

PeerSocket ConnectingSource::give_up() noexcept {
  if (socket_.is_open()) {
    set_.remove(socket_.get());
  }
  socket_.reset();
  timer_.set(reconnect_);
  return {};
}

void ConnectingSource::on_end() noexcept { give_up(); }

}  // namespace tapswitch
