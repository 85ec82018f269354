// SPDX-License-Identifier: Apache-2.0
// path_twin.hpp: one switch twice, as the workers walk a frame through it and as the programs of
// the kernel path decide on it, for tests that compare both. Needs root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "switch/engine/picture.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/kernel_path/path_tables.hpp"

namespace tapswitch::test {

// A port by which a frame left, and its bytes then.
using Exits = std::vector<std::pair<PortIndex, std::vector<std::byte>>>;

// A frame that comes in.
struct Incoming {
  PortIndex port{};
  std::vector<std::byte> bytes;
  Offload offload = {};
};

class PathTwin {
 public:
  static constexpr std::chrono::seconds ageing{300};
  static constexpr std::uint32_t switch_number = 3;

  // One that has no ports yet. Throws what the kernel refuses.
  PathTwin();

  // Begins anew, with these ports and no station.
  void set_ports(const std::vector<PortRule>& rules, const SwitchRule& rule = {},
                 std::uint32_t mtu = 1500, std::size_t least_size = 0);

  // Both know it afterwards, since 'age' ago. Requires: none is at the edge of ageing out.
  void know(Station station, PortIndex port, StationKind kind, std::chrono::seconds age);

  // Returns by which port the path has a frame leave, and how; nullopt: it is left to workers.
  [[nodiscard]] std::optional<Exits::value_type> by_path(const Incoming& incoming);

  struct Walked {
    Exits exits;
    bool is_news = false;  // the worker has learned from it, or could not
  };
  // Returns how a worker has it leave. Both have learned from it afterwards.
  [[nodiscard]] Walked by_worker(const Incoming& incoming);

  [[nodiscard]] path_port_counters counters(PortIndex port) const {
    return tables_.port_counters(place_of(port));
  }
  [[nodiscard]] path_vlan_counters vlan_counters(VlanId vid) const {
    return tables_.vlan_counters({.switch_number = switch_number, .vid = vid});
  }
  // Another number of the ports' generation: all are off the path until they are set anew.
  void make_stale() {
    tables_.set_switch(switch_number, {.generation = 0, .ageing = 0, .unused = 0});
  }

 private:
  static std::uint32_t place_of(PortIndex port) {
    return 5 + static_cast<std::uint32_t>(to_size(port));
  }
  [[nodiscard]] path_port words_of(PortIndex port, std::uint32_t ifindex) const;
  void mirror();

  PathProgram program_;
  PathTables tables_;
  std::uint64_t generation_ = 0;
  std::unique_ptr<Fdb> fdb_;
  std::unique_ptr<Picture> picture_;
  std::vector<path_station> mirrored_;
};

}  // namespace tapswitch::test
