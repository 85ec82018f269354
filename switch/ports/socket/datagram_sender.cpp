// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/datagram_sender.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {
namespace {

// Connects a socket on which a worker may receive meanwhile. The kernel puts the two in order; the
// thread sanitizer takes the C library's connect() for the making of the descriptor, so the kernel
// is asked without it.
bool connect_in_use(const PeerSocket& socket, const sockaddr* address, socklen_t size) noexcept {
  return ::syscall(SYS_connect, socket.get(), address, size) == 0;
}

bool connect_to(const PeerSocket& socket, const SocketAddress& address) noexcept {
  return connect_in_use(socket, address.get(), address.size());
}

void disconnect(const PeerSocket& socket) noexcept {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  (void)connect_in_use(socket, &nobody, sizeof nobody);
}

}  // namespace

DatagramSender::DatagramSender(PeerSocket own, PeerSocket other, std::string remote)
    : own_(std::move(own)), other_(std::move(other)), remote_(std::move(remote)) {}

void DatagramSender::connect() noexcept {
  const int found = find_peer();
  sends_by_ = found;
  if (found != own_.get()) {
    disconnect(own_);
  }
  if (found != other_.get()) {
    disconnect(other_);
  }
}

// Returns the socket that is connected now; -1: none.
int DatagramSender::find_peer() noexcept {
  try {
    const UniqueFd file = open_foreign_socket(remote_);
    leads_home_ = !file.is_open() && errno == ELOOP;
    if (!file.is_open()) {
      return -1;
    }
    const SocketAddress itself = address_of_open(file.get());
    if (connect_to(other_, itself)) {
      return other_.get();
    }
    return errno == EPERM && connect_to(own_, itself) ? own_.get() : -1;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

SendStatus DatagramSender::send(FrameBuffer& frame) noexcept {
  int socket = sends_by_;
  if (socket < 0) {
    return SendStatus::link_down;
  }
  const int error = send_datagram(socket, frame);
  // The peer may have connected itself to another socket than the one that sends (EPERM).
  const SendStatus status =
      error == EPERM ? SendStatus::link_down : datagram_status(error, SendStatus::link_down);
  if (status == SendStatus::link_down) {
    sends_by_.compare_exchange_strong(socket, -1);
  }
  return status;
}

void DatagramSender::end() noexcept { ::shutdown(own_.get(), SHUT_RDWR); }

}  // namespace tapswitch
