// SPDX-License-Identifier: Apache-2.0
// switch.hpp: one Ethernet switch: its ports, its FDB, and the picture of both that it draws anew
// after each change and hands to the workers.
//
// Threads: everything here belongs to the control thread, but for on_lost. A call that changes
// something returns when every worker forwards by the new picture, so that its effect holds for
// each frame received after it; the workers never wait for the control thread.
// Limits: max_ports ports; as many stations as the options say.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "switch/engine/counters.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/worker.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/port_rule.hpp"
#include "switch/ports/port.hpp"

namespace tapswitch {

struct SwitchOptions {
  static constexpr std::size_t default_fdb_capacity = 16'384;
  static constexpr std::size_t max_fdb_capacity = 1'048'576;
  static constexpr std::chrono::seconds default_ageing{300};  // [802.1Q 8.8.3]

  std::size_t fdb_capacity = default_fdb_capacity;
  std::chrono::seconds ageing = default_ageing;
  SwitchRule rule;
};

class Switch {
 public:
  // The pool must outlive the switch. 'on_lost' is called by a worker's thread when a port's other
  // end is gone for good: it must not call the switch, only pass the word on. The port stays,
  // dead, until it is removed.
  explicit Switch(
      WorkerPool& pool, const SwitchOptions& options = {},
      Worker::PortLost on_lost = [](PortIndex) {});
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;
  ~Switch();

  // Nullopt if there are max_ports ports already. 'worker' is to receive from it; nullopt: the one
  // that has fewest ports.
  [[nodiscard]] std::optional<PortIndex> add_port(std::unique_ptr<Port> port, const PortRule& rule,
                                                  std::optional<std::size_t> worker = {});

  // Forgets the stations of the port and destroys it once no worker knows it any more.
  void remove_port(PortIndex index);

  // Has another worker receive from the port. Its frames stay in order.
  void move_port(PortIndex index, std::size_t worker);

  // A changed VLAN rule makes the switch forget what it has learned on the port.
  void set_port_rule(PortIndex index, const PortRule& rule);
  void set_rule(const SwitchRule& rule);

  // 'index' must be that of a port, here and below.
  [[nodiscard]] Port& port(PortIndex index) const { return *entry(index).port; }
  [[nodiscard]] const PortRule& port_rule(PortIndex index) const { return *rules_[to_size(index)]; }
  [[nodiscard]] std::size_t worker_of(PortIndex index) const { return entry(index).worker; }
  [[nodiscard]] PortTotals totals(PortIndex index) const;

  // 'vid' is 1 to 4094.
  [[nodiscard]] VlanTotals vlan_totals(VlanId vid) const;

  [[nodiscard]] Fdb& fdb() { return fdb_; }
  [[nodiscard]] const Fdb& fdb() const { return fdb_; }
  [[nodiscard]] const Snapshot& snapshot() const { return picture_->snapshot; }

 private:
  struct Entry {
    std::unique_ptr<Port> port;
    std::unique_ptr<PortCounters[]> counters;  // one a worker
    std::size_t worker = 0;                    // who receives
  };

  [[nodiscard]] const Entry& entry(PortIndex index) const { return entries_[to_size(index)]; }
  [[nodiscard]] std::optional<PortIndex> free_index();
  [[nodiscard]] std::shared_ptr<const Picture> draw();
  void hand_over();
  void attach(PortIndex index, std::size_t worker);
  void detach(PortIndex index, std::size_t worker);

  WorkerPool& pool_;
  const SwitchId id_;
  const Worker::PortLost on_lost_;
  Fdb fdb_;
  SwitchRule rule_;
  // By PortIndex, of one length; null and nullopt where no port is.
  std::vector<Entry> entries_;
  std::vector<std::optional<PortRule>> rules_;
  std::vector<std::unique_ptr<VlanCounters[]>> vlan_counters_;  // one array a worker
  std::shared_ptr<const Picture> picture_;
};

}  // namespace tapswitch
