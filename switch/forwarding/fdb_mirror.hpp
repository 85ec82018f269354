// SPDX-License-Identifier: Apache-2.0
// fdb_mirror.hpp: somebody who keeps the stations of an FDB a second time, in tables of his own,
// and hears of stations what the FDB does not.
#pragma once

#include <cstdint>
#include <optional>

#include "switch/forwarding/port_index.hpp"
#include "switch/forwarding/station.hpp"

namespace tapswitch {

// Threads: any; what changes is said under the mutex of the FDB, in the order in which it does.
class FdbMirror {
 public:
  FdbMirror() = default;
  FdbMirror(const FdbMirror&) = delete;
  FdbMirror& operator=(const FdbMirror&) = delete;
  virtual ~FdbMirror() = default;

  // The station is by this port from now on. 'second' is when it was heard, by the clock of the
  // FDB.
  virtual void put(Station station, PortIndex port, StationKind kind,
                   std::uint32_t second) noexcept = 0;
  virtual void remove(Station station) noexcept = 0;
  virtual void set_ageing(std::uint32_t seconds) noexcept = 0;

  // The second in which the station was heard last, as far as the mirror knows.
  [[nodiscard]] virtual std::optional<std::uint32_t> heard(Station station) const noexcept = 0;
};

}  // namespace tapswitch
