// SPDX-License-Identifier: Apache-2.0
// fdb_filter.cpp: the part of Fdb that goes through the whole table for entries that are meant: it
// flushes them, or gives a page of them.
#include <algorithm>
#include <mutex>
#include <optional>

#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/fdb_seconds.hpp"

namespace tapswitch {
namespace {

bool matches(const Fdb::Filter& filter, const FdbTable::Record& record) {
  return (!filter.port || *filter.port == record.value.port()) &&
         (!filter.vid || *filter.vid == record.station.vid) &&
         (!filter.mac || *filter.mac == record.station.mac) &&
         (!filter.kind || (*filter.kind == StationKind::static_entry) == record.value.is_static());
}

}  // namespace

template <class Matches>
std::size_t Fdb::flush_if(const Matches& is_meant) {
  std::size_t flushed = 0;
  for (std::size_t slot = 0; slot < table_.slot_count(); ++slot) {
    // Looked at without the mutex, which is held for one entry at a time: workers never wait long.
    if (const auto seen = table_.read(slot); !seen || !is_meant(*seen)) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    const auto record = table_.read(slot);
    if (record && is_meant(*record)) {
      free(slot, *record, FdbNews::Kind::removed);
      ++flushed;
    }
  }
  return flushed;
}

std::size_t Fdb::flush(const Filter& filter) {
  return flush_if([&](const FdbTable::Record& record) { return matches(filter, record); });
}

std::size_t Fdb::flush_learned(const IsMeant& is_meant) {
  return flush_if([&](const FdbTable::Record& record) {
    return !record.value.is_static() && is_meant(record.station, record.value.port());
  });
}

Fdb::Page Fdb::page(const Filter& filter, std::size_t cursor, std::size_t limit,
                    TimePoint now) const {
  const std::uint32_t second = to_second(now);
  Page page;
  std::size_t slot = std::min(cursor, table_.slot_count());
  const std::size_t end = slot + std::min(page_slots, table_.slot_count() - slot);
  for (; slot < end && page.entries.size() < limit; ++slot) {
    const auto record = table_.read(slot);
    if (!record || !matches(filter, *record)) {
      continue;
    }
    const FdbValue value = with_mirror(record->station, record->value);
    if (is_expired(value, second)) {
      continue;
    }
    const bool is_static = value.is_static();
    const auto age = is_static ? 0 : std::max(0, age_of(value, second));
    page.entries.push_back(
        {.station = record->station,
         .port = record->value.port(),
         .kind = is_static ? StationKind::static_entry : StationKind::dynamic_entry,
         .age = std::chrono::seconds(age)});
  }
  if (slot < table_.slot_count()) {
    page.next_cursor = slot;
  }
  return page;
}

}  // namespace tapswitch
