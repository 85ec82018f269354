// SPDX-License-Identifier: Apache-2.0
// fdb.hpp: the forwarding database, which remembers by which port each station is reached, VLAN by
// VLAN (independent learning) [802.1Q 8.8].
//
// Theory of operation: learn() notes the second in which a station was heard; find() ignores an
// entry that was silent for longer than the ageing time, so that a stale answer is impossible even
// if expire() is late. expire() only makes room. To find or refresh a station takes no lock, nor
// does it to refuse one for lack of room, so that a flood of spoofed sources costs little. News (a
// station added or moved) takes a mutex for the time of writing one entry.
// In a full table a newcomer is learned in place of the oldest station of the port that has most,
// so that no port keeps the others out. Only the 32 entries where the newcomer can be are looked
// at, which is the whole of a small table, and in a large one enough to meet whoever has much of
// it. Another port must have two stations more than the newcomer's, lest two ports that are even
// rob each other for ever; one of its own port must have been silent for a second, so that a flood
// turns the table over once a second at most and is refused otherwise. Static entries stay.
// Limits: 'capacity' stations in all, a number for each port given to learn(), and 32 entries among
// which a station must find its place (fdb_table.hpp). At a limit a station is not learned and its
// frames are flooded: slower for that station, harmless for the others. Ageing counts in whole
// seconds: a station is known for the ageing time and up to one second more.
// Threads: any may call anything, but for expire(), which has one caller at a time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

#include "switch/forwarding/fdb_mirror.hpp"
#include "switch/forwarding/fdb_news.hpp"
#include "switch/forwarding/fdb_table.hpp"
#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/station.hpp"
#include "switch/forwarding/zeroed_array.hpp"

namespace tapswitch {

using TimePoint = std::chrono::steady_clock::time_point;

enum class Learned : std::uint8_t {
  refreshed,   // known on this port
  added,       // new
  moved,       // was on another port
  fixed,       // a static entry: left as it is
  table_full,  // new, but the table has no room, and nobody has to make way
  port_full,   // new on this port, but the port has its limit
};

struct FdbEntry {
  Station station;
  PortIndex port{};
  StationKind kind{};
  std::chrono::seconds age{};  // since it was last heard; 0 for a static entry
};

// How often it happened since the FDB was made. Who removes or flushes counts for itself.
struct FdbCounters {
  std::uint64_t added = 0;
  std::uint64_t moved = 0;
  std::uint64_t aged = 0;
  std::uint64_t evicted = 0;  // made way for a newcomer
  std::uint64_t refused_table_full = 0;
  std::uint64_t refused_port_full = 0;
};

class Fdb {
 public:
  // The slots that one call of page() looks at, so that it takes well under a millisecond.
  static constexpr std::size_t page_slots = 65'536;
  static constexpr std::size_t all_slots = std::numeric_limits<std::size_t>::max();

  // A member that is not said matches everything.
  struct Filter {
    std::optional<PortIndex> port{};
    std::optional<VlanId> vid{};
    std::optional<StationKind> kind{};
    std::optional<MacAddress> mac{};
  };

  struct Page {
    std::vector<FdbEntry> entries;
    std::optional<std::size_t> next_cursor;  // nullopt: this was the last page
  };

  // 'capacity' is at least 1. 'salt' spreads the stations; let it be random, so that nobody can aim
  // at one bucket.
  Fdb(std::size_t capacity, std::chrono::seconds ageing, std::uint64_t salt);

  // Bytes that a table for so many stations takes.
  [[nodiscard]] static std::uint64_t memory_of(std::size_t capacity) {
    return FdbTable::memory_of(capacity);
  }

  // Records that 'station' sent a frame into 'port' at 'now'. 'port_limit': the most stations that
  // may be learned on the port; 0: no limit.
  Learned learn(Station station, PortIndex port, std::uint32_t port_limit, TimePoint now);

  // Returns what learn() would come to, were it called now. Changes and counts nothing.
  [[nodiscard]] Learned would_learn(Station station, PortIndex port, std::uint32_t port_limit,
                                    TimePoint now) const;

  // Says that find('station') comes soon. In a large table the two searches for a frame then wait
  // for memory together: call it before learn().
  [[gnu::always_inline]] void prefetch(Station station) const { table_.prefetch(station); }

  // The port to reach 'station', or nullopt if it is unknown or has aged out. Takes no lock.
  [[nodiscard]] std::optional<PortIndex> find(Station station, TimePoint now) const;

  // Puts a static entry, which neither ages nor moves, in place of what was known of 'station'. In
  // a full table a learned station makes way. False: there are only static entries where this one
  // would have to be.
  [[nodiscard]] bool add_static(Station station, PortIndex port);

  // Whether add_static() would, were it called now.
  [[nodiscard]] bool has_room_for_static(Station station) const;

  // False: 'station' was unknown.
  bool remove(Station station);

  // Removes what matches; returns how many. What is learned meanwhile may stay.
  std::size_t flush(const Filter& filter);

  // Removes what was learned and is meant, in one walk through the table. 'is_meant' must not call
  // the FDB.
  using IsMeant = std::function<bool(Station station, PortIndex port)>;
  std::size_t flush_learned(const IsMeant& is_meant);

  // Frees entries that have aged out, among the next 'slots' slots from where the call before
  // ended; returns how many.
  std::size_t expire(TimePoint now, std::size_t slots = all_slots);

  void set_ageing(std::chrono::seconds ageing);

  // From now on 'mirror' has all that is known here, and a station that is heard there does not age
  // out here; null: nobody. It must outlive the FDB, or be taken away when no other thread calls
  // the FDB.
  void set_mirror(FdbMirror* mirror);

  // From now on each change of an entry is noted, and 'wake' called when there is something to take
  // where there was nothing. 'wake' must not call the FDB.
  void start_news(FdbNewsBox::Wake wake);
  void stop_news();
  // Returns what was noted since the last call.
  [[nodiscard]] FdbNewsBox::Contents take_news();

  // At most 'limit' of the entries that match, from 'cursor' (0, or where the page before ended).
  // Nothing is in order. An entry that stays while page after page is read is listed exactly once.
  // A page may be empty although it is not the last.
  [[nodiscard]] Page page(const Filter& filter, std::size_t cursor, std::size_t limit,
                          TimePoint now) const;

  // Counts include what has aged out and was not freed yet.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t count_on(PortIndex port) const;
  [[nodiscard]] std::size_t count_in(VlanId vid) const;
  [[nodiscard]] FdbCounters counters() const;

 private:
  template <class Matches>
  std::size_t flush_if(const Matches& is_meant);

  using Count = std::atomic<std::uint32_t>;

  // A plan says what learning a station would come to, and in which slot.
  struct Plan {
    Learned outcome{};
    std::size_t slot = 0;
  };

  struct PortCounts {
    Count learned = 0;
    Count fixed = 0;
  };

  struct Counts {
    std::array<PortCounts, max_ports> on_port{};
    std::array<Count, 4096> in_vlan{};
  };

  [[nodiscard]] bool is_expired(FdbValue value, std::uint32_t second) const;
  // The value as it would be if the station had been heard here whenever the mirror heard it.
  [[nodiscard]] FdbValue with_mirror(Station station, FdbValue value) const;
  // The same, asking the mirror only where the FDB itself has heard nothing for long enough.
  [[nodiscard]] bool has_aged(Station station, FdbValue value, std::uint32_t second) const;
  [[nodiscard]] bool has_aged_at(std::size_t slot, std::uint32_t second) const;
  [[nodiscard]] Learned learn_news(Station station, PortIndex port, std::uint32_t port_limit,
                                   std::uint32_t second);
  [[nodiscard]] Plan plan(Station station, PortIndex port, std::uint32_t port_limit,
                          std::uint32_t second) const;
  [[nodiscard]] std::optional<std::size_t> slot_for(Station station, PortIndex port,
                                                    std::uint32_t second) const;
  [[nodiscard]] std::optional<std::size_t> slot_to_vacate(Station station, PortIndex port,
                                                          std::uint32_t second) const;
  [[nodiscard]] std::optional<std::size_t> slot_for_static(Station station) const;
  [[nodiscard]] std::uint32_t learned_on(PortIndex port) const;
  [[nodiscard]] bool port_has_room(PortIndex port, std::uint32_t limit, std::uint32_t freed) const;
  void count_refusal(Learned outcome);

  // With mutex_ held. 'kind' is what this is as news.
  void put(std::size_t slot, Station station, FdbValue value, FdbNews::Kind kind);
  void change(std::size_t slot, const FdbTable::Record& old, FdbValue value, FdbNews::Kind kind);
  void free(std::size_t slot, const FdbTable::Record& record, FdbNews::Kind kind);
  void tell_mirror(Station station, FdbValue value);
  [[nodiscard]] Count& count_of(FdbValue value);

  // Read for every frame.
  FdbTable table_;
  const std::size_t capacity_;
  std::atomic<std::uint32_t> ageing_seconds_;
  std::atomic<FdbMirror*> mirror_ = nullptr;

  // Written for news only, so on other cache lines.
  alignas(64) std::mutex mutex_;
  std::atomic<std::size_t> size_ = 0;
  ZeroedArray<Counts> counts_;  // one
  FdbNewsBox news_;
  std::size_t expire_cursor_ = 0;  // a slot
  std::atomic<std::uint64_t> added_ = 0;
  std::atomic<std::uint64_t> moved_ = 0;
  std::atomic<std::uint64_t> aged_ = 0;
  std::atomic<std::uint64_t> evicted_ = 0;
  std::atomic<std::uint64_t> refused_table_full_ = 0;
  std::atomic<std::uint64_t> refused_port_full_ = 0;
};

}  // namespace tapswitch
