// SPDX-License-Identifier: Apache-2.0
#include "tests/support/socket_port.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "tests/support/wait.hpp"

namespace tapswitch::test {

ReceiveStatus SocketPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  return offloads_ ? receive_offloaded_frame(fd_.get(), frame) : receive_frame(fd_.get(), frame);
}

SendStatus SocketPort::send(FrameBuffer& frame) noexcept {
  return offloads_ ? send_offloaded_frame(fd_.get(), frame) : send_frame(fd_.get(), frame);
}

LinkStatus SocketPort::link() const {
  // A peek tells an open pair (EAGAIN, or a frame) from one whose other end is closed (0).
  std::byte octet{};
  const ssize_t size = ::recv(fd_.get(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  LinkStatus status;
  status.is_present = size > 0 || (size < 0 && errno == EAGAIN);
  status.is_up = status.is_present;
  status.has_carrier = status.is_present;
  return status;
}

bool Cable::send(std::span<const std::byte> frame) {
  return ::send(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(frame.size());
}

std::optional<std::vector<std::byte>> Cable::receive() {
  std::vector<std::byte> frame(offload_header_size + FrameBuffer::max_frame_size + 1);
  const ssize_t size = ::recv(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
  if (size <= 0) {
    return std::nullopt;
  }
  frame.resize(static_cast<std::size_t>(size));
  return frame;
}

std::optional<std::vector<std::byte>> Cable::wait_for_frame() {
  if (!wait_until_readable(fd_.get())) {
    return std::nullopt;
  }
  return receive();
}

SocketPortPair make_socket_port(int buffer_size, const std::optional<OffloadSet>& offloads) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  for (const int end : ends) {
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
  }
  return {.port = std::make_unique<SocketPort>(UniqueFd(ends[0]), offloads),
          .cable = Cable(UniqueFd(ends[1]))};
}

}  // namespace tapswitch::test
