// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/ingress_ring.hpp"

#include <algorithm>
#include <utility>

#include "switch/frame/octets.hpp"
#include "switch/ports/vhost_user/guest_call.hpp"

namespace tapswitch {
namespace {

// Copies the first bytes of 'pieces', and leaves the others. Requires: there are so many.
void take_off(std::span<SplitRing::Piece>& pieces, std::span<std::byte> to) {
  while (!to.empty()) {
    SplitRing::Piece& piece = pieces.front();
    const std::size_t size = std::min(piece.size(), to.size());
    copy_octets(piece.first(size), to.data());
    to = to.subspan(size);
    piece = piece.subspan(size);
    if (piece.empty()) {
      pieces = pieces.subspan(1);
    }
  }
}

}  // namespace

void IngressRing::start(RunningRing ring) {
  const std::lock_guard lock(mutex_);
  begin(std::move(ring));
  taken_ = 0;
  is_abandoned_ = false;
}

void IngressRing::abandon() noexcept {
  const std::lock_guard lock(mutex_);
  is_abandoned_ = true;
}

std::optional<std::uint16_t> IngressRing::stop() {
  const std::lock_guard lock(mutex_);
  if (!running_) {
    return std::nullopt;
  }
  for (const std::uint16_t head : std::span(heads_).first(taken_)) {
    running_->ring.put_used(head, 0);
  }
  taken_ = 0;
  return end();
}

ReceiveStatus IngressRing::next(FrameBuffer& frame) noexcept {
  if (position_ == end_) {
    if (const auto status = take()) {
      return *status;
    }
  }
  const Taken& taken = list_[position_++];
  if (taken.status != ReceiveStatus::received) {
    return taken.status;
  }
  const auto pieces = std::span(pieces_).subspan(taken.first, taken.count);
  std::ranges::copy(pieces, parts_.begin());
  if (!frame.borrow(std::span(parts_).first(pieces.size()), taken.offload)) {
    return ReceiveStatus::oversize;
  }
  return position_ < end_ ? ReceiveStatus::more : ReceiveStatus::received;
}

bool IngressRing::has_next() noexcept {
  if (position_ < end_) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  return running_ && !is_abandoned_ && running_->ring.available() != 0;
}

// Memory of which something is lent stays mapped until that is given back. From another memory,
// which came meanwhile, nothing is lent before that.
std::optional<ReceiveStatus> IngressRing::take() noexcept {
  position_ = end_ = piece_count_ = 0;
  const std::lock_guard lock(mutex_);
  if (!running_ || is_abandoned_ ||
      (lent_from_ != nullptr && lent_from_ != running_->ring.memory())) {
    return ReceiveStatus::empty;
  }
  SplitRing& ring = running_->ring;
  std::uint32_t available = ring.available();
  if (available == 0) {
    ring.want_kicks(true);
    available = ring.available();
    if (available == 0) {
      return ReceiveStatus::empty;
    }
  }
  ring.want_kicks(false);
  if (available > ring.size()) {
    return ReceiveStatus::misframed;
  }
  lent_from_ = ring.memory();
  std::uint32_t count = 0;
  bool is_invalid = false;
  while (count < available && end_ < most_at_once && taken_ < most_taken &&
         pieces_.size() - piece_count_ >= most_pieces) {
    // Chains before one that cannot be are handed out first.
    if (!take_one(count)) {
      is_invalid = true;
      break;
    }
    ++count;
  }
  ring.advance(count);
  if (count > 0) {
    return std::nullopt;
  }
  return is_invalid ? ReceiveStatus::misframed : ReceiveStatus::empty;
}

bool IngressRing::take_one(std::uint32_t position) noexcept {
  const SplitRing& ring = running_->ring;
  const std::uint16_t head = ring.head(position);
  const SplitRing::Gathered gathered =
      ring.gather(head, SplitRing::Direction::from_guest,
                  std::span(pieces_).subspan(piece_count_, most_pieces));
  if (gathered.fault == SplitRing::Fault::invalid) {
    return false;
  }
  list_[end_++] = read(piece_count_, gathered);
  heads_[taken_++] = head;
  piece_count_ += gathered.count;
  return true;
}

IngressRing::Taken IngressRing::read(std::size_t first,
                                     const SplitRing::Gathered& gathered) noexcept {
  if (gathered.fault == SplitRing::Fault::no_room) {
    return {.status = ReceiveStatus::oversize};
  }
  if (gathered.size < running_->header_size) {
    return {.status = ReceiveStatus::garbled};
  }
  auto pieces = std::span(pieces_).subspan(first, gathered.count);
  std::array<std::byte, virtio_net_header_size> header{};
  take_off(pieces, std::span(header).first(running_->header_size));
  const auto offload = read_offload(std::span(header).first<offload_header_size>());
  if (!offload) {
    return {.status = ReceiveStatus::garbled};
  }
  return {.status = ReceiveStatus::received,
          .offload = *offload,
          .first = static_cast<std::uint16_t>(first + gathered.count - pieces.size()),
          .count = static_cast<std::uint16_t>(pieces.size())};
}

bool IngressRing::give_back() noexcept {
  if (lent_from_ == nullptr) {
    return true;
  }
  std::shared_ptr<const UniqueFd> call;
  {
    const std::lock_guard lock(mutex_);
    // Chains that are not handed out yet stay taken, and are at the end.
    const std::size_t kept = std::min(taken_, end_ - position_);
    const std::size_t done = taken_ - kept;
    for (const std::uint16_t head : std::span(heads_).first(done)) {
      running_->ring.put_used(head, 0);
    }
    std::copy(heads_.begin() + static_cast<std::ptrdiff_t>(done),
              heads_.begin() + static_cast<std::ptrdiff_t>(taken_), heads_.begin());
    taken_ = kept;
    if (done > 0 && running_->ring.publish()) {
      call = running_->call;
    }
  }
  if (position_ == end_) {
    lent_from_.reset();
  }
  return call_guest(call);
}

}  // namespace tapswitch
