// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/datagram_port.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

#include "switch/ports/frame_io.hpp"

namespace tapswitch {
namespace {

KernelError cannot_send_to(int number, std::string_view call, const std::string& path,
                           std::string_view hint = {}) {
  return {.number = number,
          .call = std::string(call),
          .action = "send to",
          .object = fmt::format("socket '{}'", path),
          .hint = std::string(hint),
          .missing = {}};
}

}  // namespace

KernelResult<std::unique_ptr<AttendedPort>> DatagramPort::open(const SocketAddress& local,
                                                               const SocketAddress& remote,
                                                               const FileAccess& access,
                                                               std::uint32_t mtu) {
  auto bound = SocketFile::make(SOCK_DGRAM, local.path(), access);
  if (!bound) {
    return bound.error();
  }
  PeerSocket other = PeerSocket::open(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
  if (!other.is_open()) {
    return cannot_send_to(errno, "socket", remote.path());
  }
  auto bell = std::make_shared<const Bell>();
  if (!bell->is_open()) {
    return cannot_send_to(errno, "eventfd", remote.path());
  }
  auto port = std::unique_ptr<DatagramPort>(new DatagramPort(
      std::move(bound->file),
      std::make_shared<DatagramSender>(std::move(bound->socket), std::move(other), remote.path()),
      std::move(bell), mtu));
  port->look();
  if (port->look_ != nullptr && port->look_->wait(SocketFile::patience) &&
      port->sender_->leads_home()) {
    return cannot_send_to(ELOOP, "connect", remote.path(),
                          "it is a socket of this daemon: frames would come in again");
  }
  return std::unique_ptr<AttendedPort>(std::move(port));
}

DatagramPort::DatagramPort(SocketFile file, std::shared_ptr<DatagramSender> sender, SharedBell bell,
                           std::uint32_t mtu)
    : sender_(std::move(sender)), bell_(std::move(bell)), file_(std::move(file)), mtu_(mtu) {}

DatagramPort::~DatagramPort() { sender_->end(); }

ReceiveStatus DatagramPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  const ReceiveStatus status = receive_datagram(sender_->own(), frame);
  is_gone_ = status == ReceiveStatus::gone;
  if (status == ReceiveStatus::received && !sender_->has_peer()) {
    ask_for_look();  // somebody is there
  }
  return status;
}

SendStatus DatagramPort::send(FrameBuffer& frame) noexcept {
  const bool had_peer = sender_->has_peer();
  const SendStatus status = sender_->send(frame);
  if (status == SendStatus::link_down && had_peer) {
    ask_for_look();
  }
  return status;
}

void DatagramPort::ask_for_look() noexcept {
  if (may_ask_.exchange(false)) {
    is_wanted_ = true;
    bell_->ring();
  }
}

void DatagramPort::heed_changes() noexcept {
  file_.look();
  look();
  may_ask_ = true;
}

void DatagramPort::answer() {
  bell_->silence();  // it may be for a look that is done
  if (is_wanted_.exchange(false)) {
    look();
  }
}

void DatagramPort::look() noexcept {
  if (look_ != nullptr && !look_->is_done()) {
    return;
  }
  look_.reset();
  try {
    look_ = std::make_unique<SlowTask<Look>>(SlowCall::Party::of_path(sender_->remote()),
                                             Look{.sender = sender_}, bell_);
  } catch (const std::bad_alloc&) {
    // The next one tells.
  }
}

LinkStatus DatagramPort::link() const {
  LinkStatus status;
  status.is_present = !is_gone_;
  status.is_up = true;
  status.mtu = mtu_;
  status.has_carrier = sender_->has_peer();
  if (!file_.was_there()) {
    status.missing_file = file_.path();
    status.is_up = false;  // nobody finds us any more
  }
  return status;
}

}  // namespace tapswitch
