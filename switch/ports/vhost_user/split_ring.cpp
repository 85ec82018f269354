// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/split_ring.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tapswitch {
namespace {

struct Descriptor {
  std::uint64_t address;
  std::uint32_t size;
  std::uint16_t flags;
  std::uint16_t next;
};
constexpr std::size_t descriptor_size = 16;
static_assert(sizeof(Descriptor) == descriptor_size);

constexpr std::uint16_t has_next_flag = 1;
constexpr std::uint16_t is_written_flag = 2;
constexpr std::uint16_t is_indirect_flag = 4;

constexpr std::uint16_t no_calls_flag = 1;  // in the flags of the available ring
constexpr std::uint16_t no_kicks_flag = 1;  // in those of the used ring

constexpr std::size_t ring_header_size = 4;  // of either ring: flags and index
constexpr std::size_t used_entry_size = 8;

// A table of descriptors: that of the ring, or an indirect one.
struct Table {
  const std::byte* bytes = nullptr;
  std::size_t size = 0;

  [[nodiscard]] Descriptor at(std::size_t index) const {
    Descriptor copy;
    std::memcpy(&copy, bytes + index * descriptor_size, sizeof copy);
    return copy;
  }
};

// Whether going from 'old' to 'now' has passed 'event' [virtio 1.2, 2.7.10].
bool passes(std::uint16_t event, std::uint16_t now, std::uint16_t old) {
  return static_cast<std::uint16_t>(now - event - 1) < static_cast<std::uint16_t>(now - old);
}

// Adds the pieces of memory that 'descriptor' names.
SplitRing::Fault add_pieces(const GuestMemory& memory, const Descriptor& descriptor,
                            std::span<SplitRing::Piece> space, SplitRing::Gathered& gathered) {
  std::uint64_t address = descriptor.address;
  for (std::uint64_t left = descriptor.size; left > 0;) {
    const SplitRing::Piece piece = memory.at(address, left);
    if (piece.empty()) {
      return SplitRing::Fault::invalid;
    }
    if (gathered.count == space.size()) {
      return SplitRing::Fault::no_room;
    }
    space[gathered.count++] = piece;
    gathered.size += piece.size();
    address += piece.size();
    left -= piece.size();
  }
  return SplitRing::Fault::none;
}

}  // namespace

SplitRing::Place SplitRing::Place::find(const GuestMemory& memory,
                                        const VhostMessage::Addresses& addresses,
                                        std::uint32_t size) {
  // A word for events is behind the entries of either ring.
  return {.descriptors = memory.at_user(addresses.descriptors, size * descriptor_size, 16),
          .available = memory.at_user(addresses.available,
                                      ring_header_size + size * sizeof(std::uint16_t) + 2, 2),
          .used = memory.at_user(addresses.used, ring_header_size + size * used_entry_size + 2, 4),
          .size = size};
}

SplitRing::SplitRing(std::shared_ptr<const GuestMemory> memory, const Place& place,
                     std::uint16_t base, bool has_event_index)
    : memory_(std::move(memory)),
      place_(place),
      has_event_index_(has_event_index),
      next_(base),
      used_(load(&place_.used[index_at])),
      published_(used_) {
  want_kicks(false);
}

SplitRing::Gathered SplitRing::gather(std::uint16_t head, Direction direction,
                                      std::span<Piece> space) const noexcept {
  Gathered gathered;
  Table table{.bytes = place_.descriptors, .size = place_.size};
  bool is_indirect = false;
  std::size_t index = head;
  for (std::size_t seen = 0; gathered.fault == Fault::none;) {
    if (index >= table.size || seen++ == table.size) {
      gathered.fault = Fault::invalid;
      break;
    }
    const Descriptor descriptor = table.at(index);
    if ((descriptor.flags & is_indirect_flag) != 0) {
      const auto bytes = memory_->at(descriptor.address, descriptor.size);
      if (is_indirect || (descriptor.flags & has_next_flag) != 0 || bytes.empty() ||
          bytes.size() != descriptor.size || bytes.size() % descriptor_size != 0 ||
          bytes.size() / descriptor_size > max_size) {
        gathered.fault = Fault::invalid;
        break;
      }
      table = {.bytes = bytes.data(), .size = bytes.size() / descriptor_size};
      is_indirect = true;
      index = seen = 0;
      continue;
    }
    const bool is_written = (descriptor.flags & is_written_flag) != 0;
    gathered.fault = is_written == (direction == Direction::to_guest)
                         ? add_pieces(*memory_, descriptor, space, gathered)
                         : Fault::invalid;
    if ((descriptor.flags & has_next_flag) == 0) {
      break;
    }
    index = descriptor.next;
  }
  return gathered;
}

void SplitRing::put_used(std::uint16_t head, std::size_t size) noexcept {
  const std::uint32_t entry[2] = {head, static_cast<std::uint32_t>(size)};
  std::memcpy(&place_.used[entries_at + (used_ & (place_.size - 1)) * used_entry_size], entry,
              sizeof entry);
  ++used_;
}

bool SplitRing::publish() noexcept {
  if (used_ == published_) {
    return false;
  }
  store(&place_.used[index_at], used_);
  const std::uint16_t before = std::exchange(published_, used_);
  if (!has_event_index_) {
    return (load(&place_.available[flags_at]) & no_calls_flag) == 0;
  }
  return passes(load(&place_.available[entries_at + place_.size * entry_size]), used_, before);
}

// With event indices kicks that are not wanted are those for an entry that has passed: nothing is
// to be said for that.
void SplitRing::want_kicks(bool is_wanted) noexcept {
  if (is_wanted != wants_kicks_ && !has_event_index_) {
    store(&place_.used[flags_at], is_wanted ? 0 : no_kicks_flag);
  } else if (is_wanted && has_event_index_) {
    store(&place_.used[entries_at + place_.size * used_entry_size], next_);
  }
  wants_kicks_ = is_wanted;
}

}  // namespace tapswitch
