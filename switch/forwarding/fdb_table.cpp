// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb_table.hpp"

#include <algorithm>
#include <bit>

namespace tapswitch {
namespace {

std::size_t bucket_count(std::size_t capacity) {
  const std::size_t slots = std::bit_ceil(std::max(2 * capacity, FdbTable::window_size));
  return slots / FdbTable::bucket_size;
}

}  // namespace

FdbTable::FdbTable(std::size_t capacity, std::uint64_t salt)
    : buckets_(bucket_count(capacity)),
      bucket_mask_(buckets_.size() - 1),
      hash_shift_(64U - static_cast<unsigned>(std::countr_zero(buckets_.size()))),
      salt_(salt),
      multiplier_((salt * 0xd134'2543'de82'ef95 + 0xaf25'1af3'b0f0'25b5) | 1) {}

std::uint64_t FdbTable::memory_of(std::size_t capacity) {
  return bucket_count(capacity) * sizeof(Bucket);
}

void FdbTable::set(std::size_t slot, FdbValue next) {
  value_at(slot).store(next.in_generation_of(value(slot)).bits(), std::memory_order_release);
}

void FdbTable::write(std::size_t slot, Station station, FdbValue next) {
  const FdbValue old = value(slot);
  clear(slot);
  key_at(slot).store(pack(station), std::memory_order_release);
  value_at(slot).store(next.in_generation_after(old).bits(), std::memory_order_release);
}

void FdbTable::clear(std::size_t slot) { set(slot, FdbValue()); }

}  // namespace tapswitch
