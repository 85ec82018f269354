// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/egress_ring.hpp"

#include <algorithm>
#include <utility>

#include "switch/frame/octets.hpp"
#include "switch/ports/vhost_user/guest_call.hpp"

namespace tapswitch {
namespace {

// Writes bytes into pieces of memory, one behind the other.
class PieceWriter {
 public:
  explicit PieceWriter(std::span<const SplitRing::Piece> pieces) : pieces_(pieces) {}

  // Requires: there is room.
  void write(std::span<const std::byte> bytes) noexcept {
    while (!bytes.empty()) {
      const SplitRing::Piece room = pieces_.front().subspan(filled_);
      const std::size_t size = std::min(room.size(), bytes.size());
      copy_octets(bytes.first(size), room.data());
      bytes = bytes.subspan(size);
      filled_ += size;
      if (size == room.size()) {
        pieces_ = pieces_.subspan(1);
        filled_ = 0;
      }
    }
  }

 private:
  std::span<const SplitRing::Piece> pieces_;
  std::size_t filled_ = 0;  // of the first
};

// Returns what a driver may be told that has agreed to these offloads: without checksums nothing.
Offload told_offload(const Offload& offload, const OffloadSet& agreed) {
  return agreed.checksum ? offload : Offload();
}

}  // namespace

void EgressRing::start(RunningRing ring) {
  const std::lock_guard lock(mutex_);
  begin(std::move(ring));
}

std::optional<std::uint16_t> EgressRing::stop() {
  const std::lock_guard lock(mutex_);
  if (!running_) {
    return std::nullopt;
  }
  return end();
}

SendStatus EgressRing::send(FrameBuffer& frame) noexcept {
  const std::lock_guard lock(mutex_);
  if (!running_) {
    return SendStatus::link_down;
  }
  // The picture of a worker may be from before this guest.
  if (!running_->offloads.accepts(frame.offload())) {
    return SendStatus::busy;
  }
  const SendStatus status = find_room(running_->header_size + frame.size());
  if (status == SendStatus::sent) {
    write(frame);
  }
  return status;
}

SendStatus EgressRing::find_room(std::size_t size) noexcept {
  const SplitRing& ring = running_->ring;
  const std::uint32_t available = ring.available();
  if (available > ring.size()) {
    return SendStatus::gone;
  }
  const std::size_t most = running_->merges_buffers ? most_chains : 1;
  chain_count_ = piece_count_ = 0;
  for (std::size_t room = 0; room < size;) {
    if (chain_count_ == available) {
      return SendStatus::busy;
    }
    if (chain_count_ == most) {
      return SendStatus::too_long;
    }
    Chain& chain = chains_[chain_count_];
    chain.head = ring.head(static_cast<std::uint32_t>(chain_count_++));
    const SplitRing::Gathered gathered = ring.gather(chain.head, SplitRing::Direction::to_guest,
                                                     std::span(pieces_).subspan(piece_count_));
    if (gathered.fault != SplitRing::Fault::none) {
      return gathered.fault == SplitRing::Fault::invalid ? SendStatus::gone : SendStatus::too_long;
    }
    piece_count_ += gathered.count;
    chain.size = std::min(gathered.size, size - room);
    room += gathered.size;
  }
  return SendStatus::sent;
}

void EgressRing::write(const FrameBuffer& frame) noexcept {
  std::array<std::byte, virtio_net_header_size> header{};
  write_offload(told_offload(frame.offload(), running_->offloads),
                std::span(header).first<offload_header_size>());
  store_16(&header[offload_header_size], static_cast<std::uint16_t>(chain_count_),
           std::endian::little);
  PieceWriter writer({pieces_.data(), piece_count_});
  writer.write(std::span(header).first(running_->header_size));
  writer.write(frame.head());
  for (const FrameBuffer::Part part : frame.body()) {
    writer.write(part);
  }
  for (const Chain& chain : std::span(chains_).first(chain_count_)) {
    running_->ring.put_used(chain.head, chain.size);
  }
  running_->ring.advance(static_cast<std::uint32_t>(chain_count_));
}

bool EgressRing::flush() noexcept {
  std::shared_ptr<const UniqueFd> call;
  {
    const std::lock_guard lock(mutex_);
    if (!running_ || !running_->ring.publish()) {
      return true;
    }
    call = running_->call;
  }
  return call_guest(call);
}

}  // namespace tapswitch
