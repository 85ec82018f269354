// SPDX-License-Identifier: Apache-2.0
// fdb_mirror.cpp: the part of the FDB that somebody mirrors.
#include "switch/forwarding/fdb_mirror.hpp"

#include "switch/forwarding/fdb.hpp"

namespace tapswitch {

FdbValue Fdb::with_mirror(Station station, FdbValue value) const {
  const FdbMirror* const mirror = mirror_.load(std::memory_order_acquire);
  const auto heard = mirror == nullptr || value.is_static() ? std::nullopt : mirror->heard(station);
  const bool is_later = heard && static_cast<std::int32_t>(*heard - value.second()) > 0;
  return is_later ? value.heard_at(*heard) : value;
}

bool Fdb::has_aged(Station station, FdbValue value, std::uint32_t second) const {
  return is_expired(value, second) && is_expired(with_mirror(station, value), second);
}

bool Fdb::has_aged_at(std::size_t slot, std::uint32_t second) const {
  const auto record = table_.read(slot);
  return record && has_aged(record->station, record->value, second);
}

void Fdb::set_mirror(FdbMirror* mirror) {
  const std::lock_guard lock(mutex_);
  mirror_.store(mirror, std::memory_order_release);
  if (mirror == nullptr) {
    return;
  }
  mirror->set_ageing(ageing_seconds_.load(std::memory_order_relaxed));
  for (std::size_t slot = 0; slot < table_.slot_count(); ++slot) {
    if (const auto record = table_.read(slot)) {
      tell_mirror(record->station, record->value);
    }
  }
}

void Fdb::tell_mirror(Station station, FdbValue value) {
  if (FdbMirror* const mirror = mirror_.load(std::memory_order_relaxed)) {
    mirror->put(station, value.port(),
                value.is_static() ? StationKind::static_entry : StationKind::dynamic_entry,
                value.second());
  }
}

}  // namespace tapswitch
