// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/shared_ring.hpp"

#include <utility>

#include "switch/ports/vhost_user/guest_call.hpp"

namespace tapswitch {

void SharedRing::begin(RunningRing ring) {
  running_.emplace(std::move(ring));
  is_call_due_ = true;
}

std::uint16_t SharedRing::end() {
  (void)running_->ring.publish();
  const std::uint16_t next = running_->ring.next();
  running_.reset();
  return next;
}

void SharedRing::set_call(std::shared_ptr<const UniqueFd> call) {
  const std::lock_guard lock(mutex_);
  if (running_) {
    running_->call = std::move(call);
  }
}

bool SharedRing::call_anew() noexcept {
  std::shared_ptr<const UniqueFd> call;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_call_due_, false) && running_) {
      call = running_->call;
    }
  }
  return call_guest(call);
}

}  // namespace tapswitch
