// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/fdb.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "switch/forwarding/fdb_seconds.hpp"

namespace tapswitch {
namespace {

using std::memory_order_relaxed;

std::uint32_t clamp_ageing(std::chrono::seconds ageing) {
  constexpr std::chrono::seconds::rep most = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(std::clamp(ageing.count(), std::chrono::seconds::rep{0}, most));
}

}  // namespace

Fdb::Fdb(std::size_t capacity, std::chrono::seconds ageing, std::uint64_t salt)
    : table_(capacity, salt),
      capacity_(capacity),
      ageing_seconds_(clamp_ageing(ageing)),
      counts_(1) {
  assert(capacity > 0);
}

bool Fdb::is_expired(FdbValue value, std::uint32_t second) const {
  const auto ageing = static_cast<std::int32_t>(ageing_seconds_.load(memory_order_relaxed));
  return !value.is_static() && age_of(value, second) > ageing;
}

std::optional<PortIndex> Fdb::find(Station station, TimePoint now) const {
  const auto found = table_.find(station);
  if (!found || has_aged(station, found->value, to_second(now))) {
    return std::nullopt;
  }
  return found->value.port();
}

Learned Fdb::learn(Station station, PortIndex port, std::uint32_t port_limit, TimePoint now) {
  const std::uint32_t second = to_second(now);
  const auto found = table_.find(station);
  if (!found || found->value.is_static() || found->value.port() != port ||
      is_expired(found->value, second)) {
    const Learned outcome = learn_news(station, port, port_limit, second);
    if (outcome != Learned::refreshed || !found) {
      return outcome;
    }
    // The mirror has heard it meanwhile.
  }
  // Once a second at most. Not a plain store: the entry may have become another station's.
  if (age_of(found->value, second) > 0) {
    table_.refresh(found->slot, found->value, found->value.heard_at(second));
  }
  return Learned::refreshed;
}

Learned Fdb::learn_news(Station station, PortIndex port, std::uint32_t port_limit,
                        std::uint32_t second) {
  const auto is_news = [](Learned outcome) {
    return outcome == Learned::added || outcome == Learned::moved;
  };
  Plan next = plan(station, port, port_limit, second);
  if (is_news(next.outcome)) {
    const std::lock_guard lock(mutex_);
    // Again, for another thread may have been faster.
    next = plan(station, port, port_limit, second);
    const FdbValue value = FdbValue::of(port, StationKind::dynamic_entry, second);
    if (next.outcome == Learned::added) {
      if (const auto old = table_.read(next.slot)) {
        const bool is_old = is_expired(old->value, second);
        free(next.slot, *old, is_old ? FdbNews::Kind::aged : FdbNews::Kind::removed);
        (is_old ? aged_ : evicted_).fetch_add(1, memory_order_relaxed);
      }
      put(next.slot, station, value, FdbNews::Kind::learned);
      added_.fetch_add(1, memory_order_relaxed);
    } else if (next.outcome == Learned::moved) {
      change(next.slot, {.station = station, .value = table_.value(next.slot)}, value,
             FdbNews::Kind::moved);
      moved_.fetch_add(1, memory_order_relaxed);
    }
  }
  count_refusal(next.outcome);
  return next.outcome;
}

Learned Fdb::would_learn(Station station, PortIndex port, std::uint32_t port_limit,
                         TimePoint now) const {
  return plan(station, port, port_limit, to_second(now)).outcome;
}

Fdb::Plan Fdb::plan(Station station, PortIndex port, std::uint32_t port_limit,
                    std::uint32_t second) const {
  const auto found = table_.find(station);
  if (found && !has_aged(station, found->value, second)) {
    if (found->value.is_static()) {
      return {.outcome = Learned::fixed};
    }
    if (found->value.port() == port) {
      return {.outcome = Learned::refreshed};
    }
    const bool has_room = port_has_room(port, port_limit, 0);
    return {.outcome = has_room ? Learned::moved : Learned::port_full, .slot = found->slot};
  }
  // A station that has aged out comes back to its own slot, as it must not have two.
  auto slot = found ? found->slot : slot_for(station, port, second);
  FdbValue old = slot ? table_.value(*slot) : FdbValue();
  std::size_t freed = old.is_in_use() ? 1 : 0;
  if (!slot || size() >= capacity_ + freed) {
    slot = slot_to_vacate(station, port, second);
    if (!slot) {
      return {.outcome = Learned::table_full};
    }
    // Whoever makes way on the newcomer's own port leaves it no more room than there is.
    freed = 0;
  }
  if (!port_has_room(port, port_limit, freed != 0 && old.port() == port ? 1 : 0)) {
    return {.outcome = Learned::port_full};
  }
  return {.outcome = Learned::added, .slot = *slot};
}

// An entry that has aged out is better than a free one, for the number of stations does not grow,
// and best is one of the same port, whose number does not grow either.
std::optional<std::size_t> Fdb::slot_for(Station station, PortIndex port,
                                         std::uint32_t second) const {
  std::optional<std::size_t> expired;
  std::optional<std::size_t> free;
  for (std::size_t i = 0; i < FdbTable::window_size; ++i) {
    const std::size_t slot = table_.window_slot(station, i);
    const FdbValue value = table_.value(slot);
    if (!value.is_in_use()) {
      free = free.value_or(slot);
    } else if (is_expired(value, second) && has_aged_at(slot, second)) {
      if (value.port() == port) {
        return slot;
      }
      expired = expired.value_or(slot);
    }
  }
  return expired ? expired : free;
}

// Finds the oldest of the port that has most, among the entries where 'station' can be.
std::optional<std::size_t> Fdb::slot_to_vacate(Station station, PortIndex port,
                                               std::uint32_t second) const {
  const std::uint32_t own = learned_on(port);
  std::optional<std::size_t> best;
  std::pair<std::uint32_t, std::int32_t> most;  // stations of its port, seconds of silence
  for (std::size_t i = 0; i < FdbTable::window_size; ++i) {
    const std::size_t slot = table_.window_slot(station, i);
    const FdbValue value = table_.value(slot);
    if (!value.is_in_use() || value.is_static()) {
      continue;
    }
    const std::pair rank(learned_on(value.port()), age_of(value, second));
    const bool may_go = value.port() == port ? rank.second > 0 : rank.first >= own + 2;
    if (may_go && (!best || rank > most)) {
      best = slot;
      most = rank;
    }
  }
  return best;
}

std::uint32_t Fdb::learned_on(PortIndex port) const {
  return counts_[0].on_port[to_size(port)].learned.load(memory_order_relaxed);
}

bool Fdb::port_has_room(PortIndex port, std::uint32_t limit, std::uint32_t freed) const {
  return limit == 0 || learned_on(port) < limit + freed;
}

void Fdb::count_refusal(Learned outcome) {
  if (outcome == Learned::table_full) {
    refused_table_full_.fetch_add(1, memory_order_relaxed);
  } else if (outcome == Learned::port_full) {
    refused_port_full_.fetch_add(1, memory_order_relaxed);
  }
}

bool Fdb::add_static(Station station, PortIndex port) {
  const FdbValue value = FdbValue::of(port, StationKind::static_entry, 0);
  const std::lock_guard lock(mutex_);
  if (const auto found = table_.find(station)) {
    change(found->slot, {.station = station, .value = found->value}, value, FdbNews::Kind::added);
    return true;
  }
  const auto slot = slot_for_static(station);
  if (!slot) {
    return false;
  }
  if (const auto old = table_.read(*slot)) {
    free(*slot, *old, FdbNews::Kind::removed);
  }
  put(*slot, station, value, FdbNews::Kind::added);
  return true;
}

bool Fdb::has_room_for_static(Station station) const {
  return table_.find(station) || slot_for_static(station);
}

std::optional<std::size_t> Fdb::slot_for_static(Station station) const {
  std::optional<std::size_t> learned;
  std::optional<std::size_t> free;
  for (std::size_t i = 0; i < FdbTable::window_size; ++i) {
    const std::size_t slot = table_.window_slot(station, i);
    const FdbValue value = table_.value(slot);
    if (!value.is_in_use()) {
      free = free.value_or(slot);
    } else if (!value.is_static()) {
      learned = learned.value_or(slot);
    }
  }
  return free && size() < capacity_ ? free : learned;
}

bool Fdb::remove(Station station) {
  const std::lock_guard lock(mutex_);
  const auto found = table_.find(station);
  if (!found) {
    return false;
  }
  free(found->slot, {.station = station, .value = found->value}, FdbNews::Kind::removed);
  return true;
}

std::size_t Fdb::expire(TimePoint now, std::size_t slots) {
  const std::uint32_t second = to_second(now);
  std::size_t freed = 0;
  for (std::size_t left = std::min(slots, table_.slot_count()); left > 0; --left) {
    const std::size_t slot = expire_cursor_;
    expire_cursor_ = (slot + 1) & (table_.slot_count() - 1);
    if (const FdbValue seen = table_.value(slot); !seen.is_in_use() || !is_expired(seen, second)) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    const auto record = table_.read(slot);
    if (!record || !is_expired(record->value, second)) {
      continue;
    }
    const FdbValue heard = with_mirror(record->station, record->value);
    if (!is_expired(heard, second)) {
      table_.refresh(slot, record->value, heard);
      continue;
    }
    free(slot, *record, FdbNews::Kind::aged);
    ++freed;
  }
  aged_.fetch_add(freed, memory_order_relaxed);
  return freed;
}

void Fdb::set_ageing(std::chrono::seconds ageing) {
  const std::lock_guard lock(mutex_);
  ageing_seconds_.store(clamp_ageing(ageing), memory_order_relaxed);
  if (FdbMirror* const mirror = mirror_.load(memory_order_relaxed)) {
    mirror->set_ageing(clamp_ageing(ageing));
  }
}

std::size_t Fdb::count_on(PortIndex port) const {
  const PortCounts& counts = counts_[0].on_port[to_size(port)];
  return counts.learned.load(memory_order_relaxed) + counts.fixed.load(memory_order_relaxed);
}

std::size_t Fdb::count_in(VlanId vid) const {
  return counts_[0].in_vlan[vid].load(memory_order_relaxed);
}

FdbCounters Fdb::counters() const {
  return {.added = added_.load(memory_order_relaxed),
          .moved = moved_.load(memory_order_relaxed),
          .aged = aged_.load(memory_order_relaxed),
          .evicted = evicted_.load(memory_order_relaxed),
          .refused_table_full = refused_table_full_.load(memory_order_relaxed),
          .refused_port_full = refused_port_full_.load(memory_order_relaxed)};
}

Fdb::Count& Fdb::count_of(FdbValue value) {
  PortCounts& counts = counts_[0].on_port[to_size(value.port())];
  return value.is_static() ? counts.fixed : counts.learned;
}

void Fdb::put(std::size_t slot, Station station, FdbValue value, FdbNews::Kind kind) {
  table_.write(slot, station, value);
  tell_mirror(station, value);
  size_.fetch_add(1, memory_order_relaxed);
  count_of(value).fetch_add(1, memory_order_relaxed);
  counts_[0].in_vlan[station.vid].fetch_add(1, memory_order_relaxed);
  news_.put({.kind = kind, .station = station, .port = value.port()});
}

void Fdb::change(std::size_t slot, const FdbTable::Record& old, FdbValue value,
                 FdbNews::Kind kind) {
  table_.set(slot, value);
  tell_mirror(old.station, value);
  count_of(old.value).fetch_sub(1, memory_order_relaxed);
  count_of(value).fetch_add(1, memory_order_relaxed);
  news_.put(
      {.kind = kind, .station = old.station, .port = value.port(), .old_port = old.value.port()});
}

// If the station is refreshed this very instant, it is forgotten all the same, until its next
// frame.
void Fdb::free(std::size_t slot, const FdbTable::Record& record, FdbNews::Kind kind) {
  table_.clear(slot);
  if (FdbMirror* const mirror = mirror_.load(memory_order_relaxed)) {
    mirror->remove(record.station);
  }
  size_.fetch_sub(1, memory_order_relaxed);
  count_of(record.value).fetch_sub(1, memory_order_relaxed);
  counts_[0].in_vlan[record.station.vid].fetch_sub(1, memory_order_relaxed);
  news_.put({.kind = kind, .station = record.station, .port = record.value.port()});
}

void Fdb::start_news(FdbNewsBox::Wake wake) {
  auto fresh = FdbNewsBox::with_room();
  const std::lock_guard lock(mutex_);
  news_.open(std::move(wake), std::move(fresh));
}

void Fdb::stop_news() {
  const std::lock_guard lock(mutex_);
  news_.close();
}

// Workers wait for the mutex, so memory is taken outside of it.
FdbNewsBox::Contents Fdb::take_news() {
  {
    const std::lock_guard lock(mutex_);
    if (news_.is_empty()) {
      return {};
    }
  }
  auto fresh = FdbNewsBox::with_room();
  const std::lock_guard lock(mutex_);
  return news_.take(std::move(fresh));
}

}  // namespace tapswitch
