// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_source.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "switch/system/shortage.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

// Each tag tells members of the sets here apart.
constexpr std::uint64_t socket_tag = 1;
constexpr std::uint64_t pause_tag = 2;
constexpr std::uint64_t slow_tag = 3;

// Frames are not to wait for more; and a host that is gone without a word is to be noticed.
void set_tcp_options(int family, int socket) noexcept {
  if (family == AF_UNIX) {
    return;
  }
  (void)set_socket_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  (void)set_socket_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  (void)set_socket_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 20);
  (void)set_socket_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  (void)set_socket_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 4);
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
    auto bound = SocketFile::make(SOCK_STREAM, address.path(), access);
    return bound ? listen(AF_UNIX, std::move(bound->socket), std::move(bound->file),
                          address.to_string())
                 : bound.error();
  }
  PeerSocket socket = PeerSocket::open(address.family(), SOCK_STREAM | SOCK_NONBLOCK);
  if (!socket.is_open()) {
    return cannot_listen("socket", address.to_string());
  }
  (void)set_socket_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
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
      own_(socket_.get()),
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
  auto bell = std::make_shared<const Bell>();
  if (!bell->is_open() || !waiting->set.add(bell->descriptor(), EPOLLIN, slow_tag)) {
    return kernel_error(errno, "eventfd", "wait for", "a connection");
  }
  waiting->timer.set(std::chrono::milliseconds(1));
  return std::unique_ptr<StreamSource>(
      new ConnectingSource(address, reconnect, std::move(*waiting), std::move(bell)));
}

ConnectingSource::ConnectingSource(const SocketAddress& address, std::chrono::seconds reconnect,
                                   TimedSet waiting, SharedBell bell)
    : address_(address),
      reconnect_(reconnect),
      set_(std::move(waiting.set)),
      timer_(std::move(waiting.timer)),
      bell_(std::move(bell)) {}

PeerSocket ConnectingSource::take() noexcept {
  std::array<epoll_event, 3> space;
  bool is_answered = false;
  for (const epoll_event& event : set_.ready(space)) {
    is_answered = is_answered || event.data.u64 == socket_tag;
  }
  if (is_answered) {
    return finish();
  }
  bell_->silence();  // it may be for a call that was given up
  if (connecting_ != nullptr && connecting_->is_done()) {
    return finish_slowly();
  }
  if (!timer_.take()) {
    return {};
  }
  if (socket_.is_open() || connecting_ != nullptr) {
    return give_up();  // nobody has answered for connect_time
  }
  return begin();
}

PeerSocket ConnectingSource::begin() noexcept {
  PeerSocket socket = PeerSocket::open(address_.family(), SOCK_STREAM | SOCK_NONBLOCK);
  if (!socket.is_open() || socket.is_held_up()) {
    return give_up();
  }
  if (address_.is_unix()) {
    try {
      return begin_slowly(std::move(socket));
    } catch (const std::bad_alloc&) {
      return give_up();
    }
  }
  socket_ = std::move(socket);
  set_tcp_options(address_.family(), socket_.get());
  if (::connect(socket_.get(), address_.get(), address_.size()) == 0) {
    return finish();
  }
  if (errno != EINPROGRESS || !set_.add(socket_.get(), EPOLLOUT, socket_tag)) {
    return give_up();
  }
  timer_.set(connect_time);
  return {};
}

PeerSocket ConnectingSource::begin_slowly(PeerSocket socket) {
  connecting_ = std::make_unique<SlowTask<Connecting>>(
      SlowCall::Party::of_path(address_.path()),
      Connecting{.socket = std::move(socket), .path = address_.path()}, bell_);
  timer_.set(connect_time);
  return {};
}

// Not to one of ours: what is sent would come back.
void ConnectingSource::Connecting::carry_out() noexcept {
  try {
    const UniqueFd file = open_foreign_socket(path);
    if (file.is_open()) {
      const SocketAddress itself = address_of_open(file.get());
      is_connected = ::connect(socket.get(), itself.get(), itself.size()) == 0;
    }
  } catch (const std::bad_alloc&) {
  }
}

PeerSocket ConnectingSource::finish_slowly() noexcept {
  Connecting& done = connecting_->task();
  if (!done.is_connected) {
    return give_up();
  }
  PeerSocket connected = std::move(done.socket);
  connecting_.reset();
  timer_.set({});
  return connected;
}

PeerSocket ConnectingSource::finish() noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0 ||
      leads_home(socket_.get())) {
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
  connecting_.reset();
  timer_.set(reconnect_);
  return {};
}

void ConnectingSource::on_end() noexcept { give_up(); }

}  // namespace tapswitch
