// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/udp/udp_port.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "switch/ports/socket/udp_socket.hpp"

namespace tapswitch {
namespace {

// So many errors that are no frame's are passed over before others have their turn.
constexpr int most_errors = 16;

}  // namespace

KernelResult<std::unique_ptr<UdpPort>> UdpPort::open(const UdpOptions& options) {
  UniqueFd socket = open_udp_socket(options.local.family());
  if (!socket.is_open()) {
    return cannot_receive_at("socket", options.local);
  }
  if (!set_up_udp(socket.get(), options.local.family() == AF_INET6, buffer_bytes)) {
    return cannot_receive_at("setsockopt", options.local);
  }
  if (::bind(socket.get(), options.local.get(), options.local.size()) != 0) {
    return cannot_receive_at("bind", options.local);
  }
  auto port = inherit(std::move(socket), options);
  // Now, for its own socket is one of those.
  if (auto checked = check_remote(options.remote); !checked) {
    return checked.error();
  }
  return port;
}

std::unique_ptr<UdpPort> UdpPort::inherit(UniqueFd socket, const UdpOptions& options) {
  return std::unique_ptr<UdpPort>(new UdpPort(std::move(socket), options));
}

UdpPort::UdpPort(UniqueFd socket, const UdpOptions& options)
    : socket_(std::move(socket)),
      own_(socket_.get()),
      remote_(options.remote),
      mtu_(options.mtu),
      drops_(socket_.get()) {}

ReceiveStatus UdpPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  const std::span<std::byte> space = frame.space();
  for (int errors = 0; errors < most_errors; ++errors) {
    sockaddr_storage source;
    iovec all{.iov_base = space.data(), .iov_len = space.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &all;
    message.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (size >= 0) {
      was_empty_ = false;
      if ((message.msg_flags & MSG_TRUNC) != 0 ||
          static_cast<std::size_t>(size) > FrameBuffer::max_frame_size) {
        return ReceiveStatus::oversize;
      }
      frame.assign(static_cast<std::size_t>(size));  // 0 too: a runt
      return remote_.is_at(source) ? ReceiveStatus::received : ReceiveStatus::foreign;
    }
    const bool has_error = errno != EAGAIN || was_empty_;
    if (has_error && take_refusal()) {
      frame.assign(0);
      return ReceiveStatus::unsent;
    }
    if (errno == EAGAIN) {
      was_empty_ = true;
      return ReceiveStatus::empty;
    }
  }
  return ReceiveStatus::empty;
}

// Takes errors off until one says that a datagram for the remote was not taken there. False: none
// does. Leaves errno as it is.
bool UdpPort::take_refusal() const noexcept {
  for (int errors = 0; errors < most_errors; ++errors) {
    const QueuedError error = take_queued_error(socket_.get());
    if (!error.is_there) {
      return false;
    }
    if (error.has_come_back && remote_.is_at(error.destination)) {
      return true;
    }
  }
  return false;
}

// The kernel tells what was said against earlier datagrams once, to whoever asks first, and then
// the frame has not left.
SendStatus UdpPort::send(FrameBuffer& frame) noexcept {
  int error = send_datagram(socket_.get(), frame, remote_.get(), remote_.size());
  if (error != 0 && error != EAGAIN && error != EMSGSIZE) {
    error = send_datagram(socket_.get(), frame, remote_.get(), remote_.size());
  }
  return status_of_sent(error);
}

LinkStatus UdpPort::link() const {
  LinkStatus status;
  status.is_present = true;
  status.is_up = true;
  status.has_carrier = true;
  status.mtu = mtu_;
  return status;
}

}  // namespace tapswitch
