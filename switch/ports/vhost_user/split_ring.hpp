// SPDX-License-Identifier: Apache-2.0
// split_ring.hpp: the device's side of a virtqueue as a split ring [virtio 1.2, 2.7] in a guest's
// memory: which chains of descriptors the guest has made available, of what memory each is, and
// which it gets back.
//
// Theory of operation: the guest may write to all of this at any moment. So each number is read
// once, into memory of ours, and what was read is checked before it is used: the heads of chains
// against the size of the ring, the length of a chain against that of its table, each address
// against the memory that there is. What cannot be is a fault, and the ring is not to be gone on
// with. Chains are given back in any order by put_used(), all of which the guest sees with the
// next publish().
// Limits: little-endian machines; max_size entries; tables of indirect descriptors that lie in one
// region. Threads: one at a time.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "switch/ports/vhost_user/guest_memory.hpp"

namespace tapswitch {

static_assert(std::endian::native == std::endian::little, "rings of virtio are little-endian");

class SplitRing {
 public:
  static constexpr std::uint32_t max_size = 32'768;
  using Piece = std::span<std::byte>;

  enum class Direction : std::uint8_t { from_guest, to_guest };
  enum class Fault : std::uint8_t {
    none,
    invalid,  // the guest lies
    no_room,  // the chain has more pieces than there is room for
  };
  struct Gathered {
    std::size_t count = 0;  // pieces
    std::size_t size = 0;   // bytes in them
    Fault fault = Fault::none;
  };

  // The ring goes on at entry 'base'. 'size' is a power of two. Its 'memory' has room for it where
  // 'addresses' say so: see find().
  struct Place {
    std::byte* descriptors = nullptr;
    std::byte* available = nullptr;
    std::byte* used = nullptr;
    std::uint32_t size = 0;

    // Null pointers: the memory is not there, or not aligned as it must be.
    [[nodiscard]] static Place find(const GuestMemory& memory,
                                    const VhostMessage::Addresses& addresses, std::uint32_t size);
    [[nodiscard]] bool is_there() const {
      return descriptors != nullptr && available != nullptr && used != nullptr;
    }
  };
  SplitRing(std::shared_ptr<const GuestMemory> memory, const Place& place, std::uint16_t base,
            bool has_event_index);

  [[nodiscard]] const std::shared_ptr<const GuestMemory>& memory() const { return memory_; }

  // Returns how many chains are available; more than size() if the guest lies.
  [[nodiscard]] std::uint32_t available() const noexcept {
    return static_cast<std::uint16_t>(load(&place_.available[index_at]) - next_);
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return place_.size; }

  // Returns the head of the available chain number 'position', from 0.
  [[nodiscard]] std::uint16_t head(std::uint32_t position) const noexcept {
    return load(
        &place_.available[entries_at + ((next_ + position) & (place_.size - 1)) * entry_size]);
  }

  // Finds the memory of a chain, whose head may be anything.
  [[nodiscard]] Gathered gather(std::uint16_t head, Direction direction,
                                std::span<Piece> space) const noexcept;

  // Takes the first 'count' available chains.
  void advance(std::uint32_t count) noexcept { next_ = static_cast<std::uint16_t>(next_ + count); }
  // Returns which entry is taken next.
  [[nodiscard]] std::uint16_t next() const noexcept { return next_; }

  // Gives a chain back, into which 'size' bytes were written. Requires: head was that of one.
  void put_used(std::uint16_t head, std::size_t size) noexcept;
  // Shows the guest what was given back. Returns whether it wants to be called for that.
  [[nodiscard]] bool publish() noexcept;

  // Says whether the guest is to kick when it makes more available. When it is said that it is to,
  // some may be there already.
  void want_kicks(bool is_wanted) noexcept;

 private:
  static constexpr std::size_t flags_at = 0;
  static constexpr std::size_t index_at = 2;
  static constexpr std::size_t entries_at = 4;
  static constexpr std::size_t entry_size = 2;  // of the available ring

  // Either side first says what it has and then reads what the other one wishes: so all of it is in
  // one order.
  [[nodiscard]] static std::uint16_t load(std::byte* word) noexcept {
    return std::atomic_ref(*reinterpret_cast<std::uint16_t*>(word)).load(std::memory_order_seq_cst);
  }
  static void store(std::byte* word, std::uint16_t value) noexcept {
    std::atomic_ref(*reinterpret_cast<std::uint16_t*>(word))
        .store(value, std::memory_order_seq_cst);
  }

  std::shared_ptr<const GuestMemory> memory_;
  Place place_;
  bool has_event_index_;
  bool wants_kicks_ = true;
  std::uint16_t next_;
  std::uint16_t used_;       // the next entry of the used ring
  std::uint16_t published_;  // of it, what the guest sees
};

}  // namespace tapswitch
