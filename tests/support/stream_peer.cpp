// SPDX-License-Identifier: Apache-2.0
#include "tests/support/stream_peer.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "switch/ports/socket/stream_deframer.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {
namespace {

UniqueFd make_socket(int family) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) {
    throw std::system_error(errno, std::generic_category(), "socket");
  }
  return socket;
}

bool wait_until_writable(int fd) {
  pollfd poll{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&poll, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1;
}

}  // namespace

StreamPeer::StreamPeer(const SocketAddress& address) : socket_(make_socket(address.family())) {
  if (::connect(socket_.get(), address.get(), address.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
}

bool StreamPeer::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t size =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN || !wait_until_writable(socket_.get())) {
      return false;
    }
  }
  return true;
}

std::vector<std::byte> StreamPeer::framed(std::span<const std::byte> frame) {
  std::vector<std::byte> bytes(StreamDeframer::length_size);
  write_frame_length(std::span(bytes).first<StreamDeframer::length_size>(), frame.size());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

std::optional<std::vector<std::byte>> StreamPeer::wait_for_frame() {
  std::vector<std::byte> length(StreamDeframer::length_size);
  if (!read(length)) {
    return std::nullopt;
  }
  std::size_t size = 0;
  for (const std::byte octet : length) {
    size = size << 8 | std::to_integer<std::size_t>(octet);
  }
  std::vector<std::byte> frame(size);
  return read(frame) ? std::optional(std::move(frame)) : std::nullopt;
}

bool StreamPeer::wait_for_end() { return wait_until_readable(socket_.get()) && has_ended(); }

bool StreamPeer::has_ended() const {
  std::byte octet{};
  const ssize_t size = ::recv(socket_.get(), &octet, 1, MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno == ECONNRESET);
}

bool StreamPeer::read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    if (!wait_until_readable(socket_.get())) {
      return false;
    }
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size <= 0) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

StreamListener::StreamListener(const SocketAddress& address)
    : socket_(make_socket(address.family())) {
  const int yes = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket_.get(), address.get(), address.size()) != 0 ||
      ::listen(socket_.get(), 8) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
}

std::optional<StreamPeer> StreamListener::accept() {
  if (!wait_until_readable(socket_.get())) {
    return std::nullopt;
  }
  return StreamPeer(UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

}  // namespace tapswitch::test
