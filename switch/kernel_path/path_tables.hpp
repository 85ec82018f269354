// SPDX-License-Identifier: Apache-2.0
// path_tables.hpp: writes down, in the maps of the kernel path, what its programs go by, and reads
// what they have counted.
//
// Each call is one system call or two. What does not succeed leaves frames to the workers, which
// can forward all of them: so a full map is no error here, it is told.
// Threads: any may call anything; the kernel orders what concerns one entry.
#pragma once

#include <cstdint>
#include <optional>

#include "switch/forwarding/snapshot.hpp"
#include "switch/forwarding/station.hpp"
#include "switch/kernel_path/path_program.hpp"
#include "switch/kernel_path/path_words.h"

namespace tapswitch {

// Says the rule of a port in the words of the path. The rest is up to the caller: its interface,
// generation, place and MTU.
[[nodiscard]] path_port path_port_of(const PortView& view);

[[nodiscard]] path_station path_station_of(std::uint32_t switch_number, Station station);

class PathTables {
 public:
  // The program must outlive the tables.
  explicit PathTables(const PathProgram& program);

  // With one store, all ports of the switch that are of another generation are off the path.
  // Requires: 'number' is less than path_most_switches.
  void set_switch(std::uint32_t number, const path_switch& home);

  // False: there is no room, and the port is not on the path.
  [[nodiscard]] bool put_port(const path_port& port);
  void remove_port(const path_port& port);

  // False: there is no room, and the station is known to the workers alone.
  [[nodiscard]] bool put_station(const path_station& station, const path_known& known);
  void remove_station(const path_station& station);
  [[nodiscard]] std::optional<path_known> find_station(const path_station& station) const;

  // The sums over all processors. 'place' is less than path_most_ports.
  [[nodiscard]] path_port_counters port_counters(std::uint32_t place) const;
  void clear_port_counters(std::uint32_t place);
  [[nodiscard]] path_vlan_counters vlan_counters(const path_vlan& vlan) const;
  void remove_vlan(const path_vlan& vlan);

 private:
  int ingress_;
  int egress_;
  int switches_;
  int stations_;
  int counters_;
  int vlans_;
};

}  // namespace tapswitch
