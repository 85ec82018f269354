// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vde/vde_guest.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "switch/ports/frame_io.hpp"

namespace tapswitch {
namespace {

constexpr std::uint64_t control_tag = 1;
constexpr std::uint64_t data_tag = 2;

// Whether the far end of a stream has gone. What it writes is of no use here.
bool has_hung_up(const PeerSocket& stream) noexcept {
  std::array<std::byte, VdeNumbers::last> ignored;
  ssize_t size = 0;
  do {
    size = stream.receive(ignored);
  } while (size < 0 && errno == EINTR);
  return size == 0 || (size < 0 && errno != EAGAIN);
}

}  // namespace

std::uint32_t VdeNumbers::take(std::uint32_t wished) {
  const std::lock_guard lock(mutex_);
  if (wished > last) {
    return 0;
  }
  const auto first = is_taken_.begin() + 1;
  const auto found =
      wished != 0 ? is_taken_.begin() + wished : std::find(first, is_taken_.end(), false);
  if (found == is_taken_.end() || *found) {
    return 0;
  }
  *found = true;
  return static_cast<std::uint32_t>(found - is_taken_.begin());
}

void VdeNumbers::give_back(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  is_taken_[number] = false;
}

KernelResult<std::unique_ptr<VdeGuest>> VdeGuest::open(Parts parts) {
  auto set = EpollSet::open();
  if (!set) {
    return set.error();
  }
  if (!set->add(parts.control.get(), EPOLLIN | EPOLLRDHUP, control_tag) ||
      !set->add(parts.data.get(), EPOLLIN, data_tag)) {
    return kernel_error(errno, "epoll_ctl", "wait for", "a VDE client");
  }
  return std::unique_ptr<VdeGuest>(new VdeGuest(std::move(parts), std::move(*set)));
}

ReceiveStatus VdeGuest::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  if (!may_have_more_) {
    std::array<epoll_event, 2> space;
    bool is_called = false;
    for (const epoll_event& event : set_.ready(space)) {
      (event.data.u64 == control_tag ? is_called : may_have_more_) = true;
    }
    // Frames that came before the end are received first.
    if (is_called && !may_have_more_ && has_hung_up(parts_.control)) {
      return ReceiveStatus::gone;
    }
  }
  if (!may_have_more_) {
    return ReceiveStatus::empty;
  }
  const ReceiveStatus status = receive_datagram(parts_.data, frame);
  may_have_more_ = status != ReceiveStatus::empty;
  is_gone_ = status == ReceiveStatus::gone;
  return status;
}

SendStatus VdeGuest::send(FrameBuffer& frame) noexcept {
  return datagram_status(send_datagram(parts_.data.get(), frame), SendStatus::gone);
}

LinkStatus VdeGuest::link() const {
  std::byte octet{};
  const ssize_t size = ::recv(parts_.control.get(), &octet, sizeof octet, MSG_PEEK | MSG_DONTWAIT);
  LinkStatus status;
  status.is_present = !is_gone_ && (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)));
  status.is_up = status.is_present;
  status.has_carrier = status.is_present;
  status.missing_file = parts_.file.was_there() ? "" : parts_.file.path();
  return status;
}

}  // namespace tapswitch
