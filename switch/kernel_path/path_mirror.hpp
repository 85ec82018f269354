// SPDX-License-Identifier: Apache-2.0
// path_mirror.hpp: writes down for the programs what they are to know of one switch: its stations,
// after how long these age out, and which generation of its ports is in force.
//
// Threads: as FdbMirror says; set_generation() is for the control thread.
#pragma once

#include <cstdint>
#include <optional>

#include "switch/forwarding/fdb_mirror.hpp"
#include "switch/kernel_path/path_tables.hpp"

namespace tapswitch {

class PathMirror final : public FdbMirror {
 public:
  // The tables must outlive it.
  PathMirror(PathTables& tables, std::uint32_t number) : tables_(tables), number_(number) {}

  // Without room for it the station is known to the workers alone.
  void put(Station station, PortIndex port, StationKind kind,
           std::uint32_t second) noexcept override {
    (void)tables_.put_station(path_station_of(number_, station),
                              {.index = static_cast<std::uint32_t>(to_size(port)),
                               .is_fixed = kind == StationKind::static_entry ? 1U : 0U,
                               .heard = second,
                               .unused = 0});
  }
  void remove(Station station) noexcept override {
    tables_.remove_station(path_station_of(number_, station));
  }
  void set_ageing(std::uint32_t seconds) noexcept override {
    words_.ageing = seconds;
    write();
  }
  [[nodiscard]] std::optional<std::uint32_t> heard(Station station) const noexcept override {
    const auto known = tables_.find_station(path_station_of(number_, station));
    return known ? std::optional(known->heard) : std::nullopt;
  }

  // 0: all frames are left to the workers.
  void set_generation(std::uint64_t generation) noexcept {
    words_.generation = generation;
    write();
  }

 private:
  void write() noexcept { tables_.set_switch(number_, words_); }

  PathTables& tables_;
  const std::uint32_t number_;
  path_switch words_{};
};

}  // namespace tapswitch
