// SPDX-License-Identifier: Apache-2.0
// storms.hpp: tells when a storm begins at a port, which is when storm control first drops a frame
// of a class, and when it is over (storm.hpp).
//
// Theory of operation: workers only count. Once a second the counters of the ports that have storm
// control are compared with those of the last look.
// Limits: most_told beginnings and ends a second, for all ports; those of other ports are told in
// the next, and no port waits for ever: the round goes on where it stopped.
// Threads: the control thread.
#pragma once

#include <cstddef>

#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"
#include "control/network/port_round.hpp"

namespace tapswitch::network {

class Storms {
 public:
  static constexpr std::size_t most_told = 64;
  static constexpr std::size_t looked_at_once = 128;  // ports, in a turn of the control thread

  // Both must outlive it.
  Storms(Inventory& inventory, const Announcer& announcer)
      : inventory_(inventory), announcer_(announcer) {}

  // Looks at some ports. Returns whether there are more; a round is due once a second, and 'now' is
  // the same for all of it.
  [[nodiscard]] bool look_at_some(TimePoint now);

 private:
  void look_at(RunningPort& port, TimePoint now);
  void tell(const RunningPort& port, FloodKind kind, Storm::Turn turn);

  Inventory& inventory_;
  const Announcer& announcer_;
  PortRound round_;
  TimePoint second_{};  // in which so many were told
  std::size_t told_ = 0;
};

}  // namespace tapswitch::network
