// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/patch/patch_port.hpp"

#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <utility>

#include "switch/ports/patch/frame_queue.hpp"

namespace tapswitch {
namespace {

UniqueFd open_eventfd() { return UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

}  // namespace

struct PatchPort::Cable {
  Cable(UniqueFd first, UniqueFd second)
      : towards{FrameQueue(queue_bytes, std::move(first)),
                FrameQueue(queue_bytes, std::move(second))} {}

  std::array<FrameQueue, 2> towards;  // by the side that receives
  std::array<std::atomic<bool>, 2> is_plugged{};
};

KernelResult<std::unique_ptr<PatchPort>> PatchPort::open() {
  UniqueFd first = open_eventfd();
  UniqueFd second = open_eventfd();
  if (!first.is_open() || !second.is_open()) {
    return kernel_error(errno, "eventfd", "open", "a patch port");
  }
  auto cable = std::make_shared<Cable>(std::move(first), std::move(second));
  return std::unique_ptr<PatchPort>(new PatchPort(std::move(cable), 0));
}

std::unique_ptr<PatchPort> PatchPort::open_opposite(const PatchPort& peer) {
  assert(!peer.cable_->is_plugged[1 - peer.side_]);
  return std::unique_ptr<PatchPort>(new PatchPort(peer.cable_, 1 - peer.side_));
}

PatchPort::PatchPort(std::shared_ptr<Cable> cable, std::size_t side)
    : cable_(std::move(cable)), side_(side) {
  // Frames on their way to an earlier end are not for this one.
  FrameBuffer stale;
  while (cable_->towards[side_].pop(stale)) {
  }
  cable_->is_plugged[side_] = true;
}

PatchPort::~PatchPort() { cable_->is_plugged[side_] = false; }

int PatchPort::descriptor(std::size_t /*queue*/) const noexcept {
  return cable_->towards[side_].descriptor();
}

ReceiveStatus PatchPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  return cable_->towards[side_].pop(frame) ? ReceiveStatus::received : ReceiveStatus::empty;
}

SendStatus PatchPort::send(FrameBuffer& frame) noexcept {
  const std::size_t other = 1 - side_;
  if (!cable_->is_plugged[other].load(std::memory_order_relaxed)) {
    return SendStatus::link_down;
  }
  return cable_->towards[other].push(frame) ? SendStatus::sent : SendStatus::busy;
}

LinkStatus PatchPort::link() const {
  LinkStatus status;
  status.is_present = true;
  status.is_up = true;
  status.has_carrier = cable_->is_plugged[1 - side_];
  return status;
}

}  // namespace tapswitch
