// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/datagram_port.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "switch/ports/frame_io.hpp"

namespace tapswitch {
namespace {

constexpr int socket_type = SOCK_DGRAM | SOCK_NONBLOCK;

SendStatus datagram_status(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return SendStatus::busy;
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
    case EPROTOTYPE:
      return SendStatus::link_down;
    default:
      return SendStatus::refused;
  }
}

// Whether a socket of this process is there.
bool leads_home(const SocketAddress& address) {
  struct stat status {};
  return ::stat(address.path().c_str(), &status) == 0 && is_own_socket_file(status);
}

}  // namespace

KernelResult<std::unique_ptr<Port>> DatagramPort::open(const SocketAddress& local,
                                                       const SocketAddress& remote,
                                                       const FileAccess& access,
                                                       std::uint32_t mtu) {
  PeerSocket socket = PeerSocket::open(AF_UNIX, socket_type);
  if (!socket.is_open()) {
    return KernelError{.number = errno,
                       .call = "socket",
                       .action = "make",
                       .object = fmt::format("socket '{}'", local.path()),
                       .hint = {},
                       .missing = {}};
  }
  const auto location = SocketLocation::of_path(local.path());
  if (!location) {
    return location.error();
  }
  auto file = SocketFile::bind(socket.get(), SOCK_DGRAM, *location, access);
  if (!file) {
    return file.error();
  }
  if (leads_home(remote)) {
    return KernelError{.number = ELOOP,
                       .call = "connect",
                       .action = "send to",
                       .object = fmt::format("socket '{}'", remote.path()),
                       .hint = "it is a socket of this daemon: frames would come in again",
                       .missing = {}};
  }
  return std::unique_ptr<Port>(new DatagramPort(std::move(socket), std::move(*file), remote, mtu));
}

DatagramPort::DatagramPort(PeerSocket socket, SocketFile file, const SocketAddress& remote,
                           std::uint32_t mtu)
    : socket_(std::move(socket)), file_(std::move(file)), remote_(remote), mtu_(mtu) {}

ReceiveStatus DatagramPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  const ReceiveStatus status = receive_datagram(socket_, frame);
  is_gone_ = status == ReceiveStatus::gone;
  return status;
}

SendStatus DatagramPort::send(FrameBuffer& frame) noexcept {
  if (leads_home_) {
    return SendStatus::link_down;
  }
  const int error = send_datagram(socket_.get(), frame, remote_.get(), remote_.size());
  return error != 0 ? datagram_status(error) : SendStatus::sent;
}

LinkStatus DatagramPort::link() const {
  LinkStatus status;
  status.is_present = !is_gone_;
  status.is_up = true;
  status.mtu = mtu_;
  leads_home_ = leads_home(remote_);
  const PeerSocket probe = PeerSocket::open(AF_UNIX, socket_type);
  status.has_carrier = !leads_home_ && ::connect(probe.get(), remote_.get(), remote_.size()) == 0;
  if (!file_.is_there()) {
    status.missing_file = file_.path();
    status.is_up = false;  // nobody finds us any more
  }
  return status;
}

}  // namespace tapswitch
