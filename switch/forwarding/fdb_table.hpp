// SPDX-License-Identifier: Apache-2.0
// fdb_table.hpp: the hash table under the FDB: memory, search, and how an entry is rewritten while
// others read it. What is in an entry, and which one has to make room, is fdb.hpp's affair.
//
// Theory of operation. An entry is two 64-bit words, which are read one after the other: the key
// word says which station it is, the value word all the rest. So that nobody takes the key of one
// station with the value of another, the value carries the generation of the entry. Who gives an
// entry to another station (one thread at a time)
//   1. marks the value free, 2. writes the key, 3. writes the value with the next generation.
// A reader loads value, key and value again, and takes them only if both values are in use and of
// the same generation. The key is then theirs: it is not older, for the first value was released
// after it was written; and it is not newer, for step 2 releases step 1, so that whoever had seen a
// newer key would have found the second value free or of a later generation.
// A generation has 18 bits. A reader would have to sleep between two loads while the same entry was
// rewritten exactly 262,144 times, or twice that, to send one frame to a wrong port.
// To refresh or move a station changes the value word alone, in one step.
//
// Four entries are a bucket: one cache line. A station is in the bucket that its hash names or in
// the seven behind it, and all eight are searched before it counts as unknown, so that an entry can
// be freed without moving others. As half of the table stays empty, nearly all stations are in
// their first bucket, and to find all 32 entries taken is a rarity; such a station is refused.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "switch/forwarding/huge_page_allocator.hpp"
#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/station.hpp"

namespace tapswitch {

// A value holds what is known of a station, and the generation of the entry that holds it.
//   63..46 generation | 45 in use | 44 static | 43..32 port | 31..0 second when last heard
class FdbValue {
 public:
  constexpr FdbValue() = default;
  constexpr explicit FdbValue(std::uint64_t bits) : bits_(bits) {}

  static constexpr FdbValue of(PortIndex port, StationKind kind, std::uint32_t second) {
    const std::uint64_t fixed = kind == StationKind::static_entry ? static_bit : 0;
    return FdbValue(in_use_bit | fixed | std::uint64_t{to_size(port)} << 32 | second);
  }

  [[nodiscard]] constexpr bool is_in_use() const { return (bits_ & in_use_bit) != 0; }
  [[nodiscard]] constexpr bool is_static() const { return (bits_ & static_bit) != 0; }
  [[nodiscard]] constexpr PortIndex port() const {
    return static_cast<PortIndex>(bits_ >> 32 & (max_ports - 1));
  }
  [[nodiscard]] constexpr std::uint32_t second() const { return static_cast<std::uint32_t>(bits_); }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }

  [[nodiscard]] constexpr bool same_generation(FdbValue other) const {
    return ((bits_ ^ other.bits_) & generation_mask) == 0;
  }
  // Returns this value in the generation of 'other', or in the one after it.
  [[nodiscard]] constexpr FdbValue in_generation_of(FdbValue other) const {
    return FdbValue((bits_ & ~generation_mask) | (other.bits_ & generation_mask));
  }
  [[nodiscard]] constexpr FdbValue in_generation_after(FdbValue other) const {
    return in_generation_of(FdbValue(other.bits_ + generation_unit));
  }

  [[nodiscard]] constexpr FdbValue heard_at(std::uint32_t second) const {
    return FdbValue((bits_ & ~std::uint64_t{0xffff'ffff}) | second);
  }

  constexpr bool operator==(const FdbValue&) const = default;

 private:
  static constexpr std::uint64_t static_bit = std::uint64_t{1} << 44;
  static constexpr std::uint64_t in_use_bit = std::uint64_t{1} << 45;
  static constexpr std::uint64_t generation_unit = std::uint64_t{1} << 46;
  static constexpr std::uint64_t generation_mask = ~(generation_unit - 1);
  static_assert(max_ports == 1 << 12);

  std::uint64_t bits_ = 0;
};

class FdbTable {
 public:
  static constexpr std::size_t bucket_size = 4;
  static constexpr std::size_t window_buckets = 8;
  static constexpr std::size_t window_size = bucket_size * window_buckets;

  struct Found {
    std::size_t slot = 0;
    FdbValue value;
  };

  struct Record {
    Station station;
    FdbValue value;
  };

  // At least twice as many slots as 'capacity', for half of them to stay empty.
  FdbTable(std::size_t capacity, std::uint64_t salt);

  [[nodiscard]] static std::uint64_t memory_of(std::size_t capacity);

  [[nodiscard]] std::size_t slot_count() const { return buckets_.size() * bucket_size; }

  // Any thread: the entry in use for 'station'.
  [[nodiscard]] std::optional<Found> find(Station station) const;

  // Any thread: lets the processor fetch what find('station') will read, while it does other work.
  // Inlined by force, as GCC takes a call without visible effect away before it looks inside.
  [[gnu::always_inline]] void prefetch(Station station) const {
    __builtin_prefetch(&bucket(home_of(pack(station))));
  }

  // Any thread: the i-th slot of those where 'station' can be; i < window_size.
  [[nodiscard]] std::size_t window_slot(Station station, std::size_t i) const {
    return (home_of(pack(station)) * bucket_size + i) & (slot_count() - 1);
  }

  // Any thread: the value at 'slot' now; it may belong to another station by the next time.
  [[nodiscard]] FdbValue value(std::size_t slot) const {
    return FdbValue(value_at(slot).load(std::memory_order_relaxed));
  }

  // Any thread: what is at 'slot', or nullopt if that is nothing or is being rewritten.
  [[nodiscard]] std::optional<Record> read(std::size_t slot) const;

  // Any thread: changes the value at 'slot' from 'old' to 'next', which is of the same station;
  // does nothing if it is not 'old' any more.
  void refresh(std::size_t slot, FdbValue old, FdbValue next) {
    std::uint64_t expected = old.bits();
    value_at(slot).compare_exchange_strong(expected, next.bits(), std::memory_order_relaxed);
  }

  // One thread at a time from here on. The generation is seen to here.

  // Gives the station at 'slot' another value.
  void set(std::size_t slot, FdbValue next);

  // Puts 'station' at 'slot', in place of what was there.
  void write(std::size_t slot, Station station, FdbValue next);

  // Frees 'slot'.
  void clear(std::size_t slot);

 private:
  struct alignas(64) Bucket {
    std::array<std::atomic<std::uint64_t>, bucket_size> keys{};
    std::array<std::atomic<std::uint64_t>, bucket_size> values{};
  };
  static_assert(sizeof(Bucket) == 64);

  // Both words of an entry; the value is free if they were not of the same time.
  struct Words {
    std::uint64_t key = 0;
    FdbValue value;
  };

  static Words load(const Bucket& bucket, std::size_t i);

  // 59..48 VID | 47..0 MAC. No station is 0, so that an entry never used matches none.
  static constexpr std::uint64_t pack(Station station) {
    return std::uint64_t{station.vid} << 48 | station.mac.bits();
  }

  static constexpr Station unpack(std::uint64_t key) {
    return {.vid = static_cast<VlanId>(key >> 48 & 0xfff), .mac = MacAddress(key)};
  }

  // The number of the first bucket where the station can be. Multiplication by a secret odd number
  // makes it unlikely for any two stations, chosen without knowing it, to meet; the second round
  // spreads those that differ by little.
  [[nodiscard]] std::size_t home_of(std::uint64_t station) const {
    std::uint64_t hash = (station ^ salt_) * multiplier_;
    hash = (hash ^ hash >> 32) * 0x9e37'79b9'7f4a'7c15;
    return static_cast<std::size_t>(hash >> hash_shift_);
  }

  // Requires a number that home_of() has given, or the mask: no index is checked, as the library
  // would do it. Three checks a frame are a sixth of a decision.
  [[nodiscard]] const Bucket& bucket(std::size_t number) const { return buckets_.data()[number]; }

  [[nodiscard]] const std::atomic<std::uint64_t>& key_at(std::size_t slot) const {
    return buckets_[slot / bucket_size].keys[slot % bucket_size];
  }
  [[nodiscard]] std::atomic<std::uint64_t>& key_at(std::size_t slot) {
    return buckets_[slot / bucket_size].keys[slot % bucket_size];
  }
  [[nodiscard]] const std::atomic<std::uint64_t>& value_at(std::size_t slot) const {
    return buckets_[slot / bucket_size].values[slot % bucket_size];
  }
  [[nodiscard]] std::atomic<std::uint64_t>& value_at(std::size_t slot) {
    return buckets_[slot / bucket_size].values[slot % bucket_size];
  }

  std::vector<Bucket, HugePageAllocator<Bucket>> buckets_;  // a power of two
  std::size_t bucket_mask_;
  unsigned hash_shift_;
  std::uint64_t salt_;
  std::uint64_t multiplier_;
};

// The functions below are inline because they are most of the work of forwarding a frame.

inline FdbTable::Words FdbTable::load(const Bucket& bucket, std::size_t i) {
  const FdbValue before(bucket.values[i].load(std::memory_order_acquire));
  const std::uint64_t key = bucket.keys[i].load(std::memory_order_acquire);
  const FdbValue after(bucket.values[i].load(std::memory_order_relaxed));
  const bool is_whole = before.is_in_use() && after.same_generation(before);
  return {.key = key, .value = is_whole ? after : FdbValue()};
}

inline std::optional<FdbTable::Found> FdbTable::find(Station station) const {
  const std::uint64_t wanted = pack(station);
  const std::size_t home = home_of(wanted);
  for (std::size_t i = 0; i < window_buckets; ++i) {
    const std::size_t number = (home + i) & bucket_mask_;
    const Bucket& bucket = this->bucket(number);
    const auto match = [&](std::size_t j) {
      return bucket.keys[j].load(std::memory_order_relaxed) == wanted ? 1U << j : 0U;
    };
    // All four are compared before the first branch, which can then be predicted. A freed entry
    // keeps its key, so that more than one can match, but only one is in use.
    for (unsigned matches = match(0) | match(1) | match(2) | match(3); matches != 0;
         matches &= matches - 1) {
      const auto j = static_cast<std::size_t>(std::countr_zero(matches));
      const Words words = load(bucket, j);
      if (words.value.is_in_use() && words.key == wanted) {
        return Found{.slot = number * bucket_size + j, .value = words.value};
      }
    }
  }
  return std::nullopt;
}

inline std::optional<FdbTable::Record> FdbTable::read(std::size_t slot) const {
  const Words words = load(buckets_[slot / bucket_size], slot % bucket_size);
  if (!words.value.is_in_use()) {
    return std::nullopt;
  }
  return Record{.station = unpack(words.key), .value = words.value};
}

}  // namespace tapswitch
