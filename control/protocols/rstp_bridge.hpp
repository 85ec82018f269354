// SPDX-License-Identifier: Apache-2.0
// rstp_bridge.hpp: Rapid Spanning Tree [802.1D-2004 clause 17]: of all bridges that hear one
// another, each finds out by which of its ports frames may travel, so that there is exactly one way
// between any two stations. Pure: time comes in, and what is to be done comes out.
//
// Theory of operation: the machines of the standard are functions that look at the variables of a
// port, do one step and say whether they did any; they are called until none does. A step that
// other ports may depend on has all of them looked at again; one that concerns its port alone does
// not, so that a thousand idle ports cost what their hellos cost. Timers are times at which they
// end, not counts of ticks: on_tick() is due at next_tick(), and never before.
// Whoever calls takes the outcome, and does what it says in the order of its members.
// Limits: last_port_number ports; the outcome of one call: a few states, flushes, frames and events
// a port. MSTP (802.1Q clause 13) is not there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "control/protocols/bpdu.hpp"
#include "control/protocols/rstp_port.hpp"

namespace tapswitch::protocols {

struct RstpSettings {
  bool is_rapid = true;  // false: as an 802.1D bridge [17.13.4, version 0]
  std::uint16_t priority = 32'768;
  std::chrono::seconds hello{2};
  std::chrono::seconds max_age{20};
  std::chrono::seconds forward_delay{15};
  std::uint8_t hold_count = 6;  // BPDUs that leave by a port in a second

  bool operator==(const RstpSettings&) const = default;
};

// Tells what became of a port.
struct RstpEvent {
  enum class Kind : std::uint8_t {
    role,
    state,
    topology_change,  // detected here, or heard of here
    bpdu_guard,       // has shut the port
    root_guard,       // keeps a better root off
    root_guard_over,
  };

  Kind kind{};
  PortNumber port{};

  bool operator==(const RstpEvent&) const = default;
};

struct RstpOutcome {
  std::vector<std::pair<PortNumber, RstpState>> states;
  std::vector<PortNumber> flushes;  // ports whose learned stations are to be forgotten
  std::vector<std::pair<PortNumber, std::vector<std::byte>>> frames;
  std::vector<RstpEvent> events;

  [[nodiscard]] bool is_empty() const {
    return states.empty() && flushes.empty() && frames.empty() && events.empty();
  }
};

class RstpBridge {
 public:
  RstpBridge(const RstpSettings& settings, MacAddress address);

  void set(const RstpSettings& settings, TimePoint now);
  // Requires: the address is not zero.
  void set_address(MacAddress address, TimePoint now);
  // Takes in a port that is there from now on, discarding; one of that number must not be there.
  void add(PortNumber number, const RstpPortSettings& settings, const RstpLink& link,
           TimePoint now);
  void remove(PortNumber number, TimePoint now);
  // A port that is not there is ignored, here and below.
  void set(PortNumber number, const RstpPortSettings& settings, TimePoint now);
  void set(PortNumber number, const RstpLink& link, TimePoint now);
  void on_frame(PortNumber number, std::span<const std::byte> frame, TimePoint now);
  void on_tick(TimePoint now);
  // Nullopt: there is nothing to wait for.
  [[nodiscard]] std::optional<TimePoint> next_tick() const;

  // Returns what is to be done, and has not been taken yet.
  [[nodiscard]] RstpOutcome take_outcome() { return std::exchange(outcome_, {}); }

  [[nodiscard]] const RstpSettings& settings() const { return settings_; }
  [[nodiscard]] BridgeId id() const { return BridgeId::of(settings_.priority, address_); }
  [[nodiscard]] const PriorityVector& root() const { return root_priority_; }
  [[nodiscard]] const TreeTimes& root_times() const { return root_times_; }
  // Nullopt: this bridge is the root.
  [[nodiscard]] std::optional<PortNumber> root_port() const { return root_port_; }
  [[nodiscard]] bool is_root() const { return !root_port_; }
  [[nodiscard]] const std::map<PortNumber, RstpPort>& ports() const { return ports_; }
  // Nullopt: it is not there.
  [[nodiscard]] const RstpPort* find(PortNumber number) const;
  [[nodiscard]] std::uint64_t topology_changes() const { return topology_changes_; }
  [[nodiscard]] TimePoint last_topology_change() const { return last_topology_change_; }

 private:
  using Info = RstpPort::Info;

  [[nodiscard]] TreeTimes own_times() const;
  [[nodiscard]] std::chrono::milliseconds hello_time() const { return settings_.hello; }
  [[nodiscard]] static std::chrono::milliseconds forward_delay(const RstpPort& port);
  [[nodiscard]] bool all_synced();
  [[nodiscard]] bool is_rerooted(const RstpPort& but);

  // Has the machines run until nothing changes, beginning with the ports that are due or marked.
  void settle();
  void reselect_all();
  void run(RstpPort& port);
  // One step of any machine of the port; false: there was none to take.
  bool step(RstpPort& port);
  void tell(RstpPort& port);
  void find_next(RstpPort& port) const;
  // Other ports may depend on what has changed.
  void touch() { ++changes_; }

  // rstp_information.cpp: takes in what is heard.
  void receive(RstpPort& port, const Bpdu& bpdu);
  void receive_designated(RstpPort& port, const Bpdu& bpdu);
  void record_superior(RstpPort& port, const Bpdu& bpdu);
  void start_received_info(RstpPort& port) const;
  bool step_migration(RstpPort& port);
  bool step_edge(RstpPort& port);
  bool step_information(RstpPort& port);
  void disable(RstpPort& port);
  void select_roles();
  void select_role(RstpPort& port);

  // rstp_roles.cpp: has a port follow its role.
  bool step_role(RstpPort& port);
  void take_role(RstpPort& port);
  bool step_disabled(RstpPort& port);
  bool step_root(RstpPort& port);
  bool step_designated(RstpPort& port);
  bool step_alternate(RstpPort& port);
  bool step_state(RstpPort& port);
  bool step_recent_root(RstpPort& port);
  void set_sync_tree();
  void set_re_root_tree();

  // rstp_transmit.cpp: tells others.
  bool step_change(RstpPort& port);
  bool step_active_change(RstpPort& port);
  void start_tc(RstpPort& port);
  void propagate_tc(RstpPort& from);
  void note_topology_change(const RstpPort& port);
  bool step_transmit(RstpPort& port);
  void transmit(RstpPort& port);
  void start_hello(RstpPort& port) const;

  RstpSettings settings_;
  MacAddress address_;
  std::map<PortNumber, RstpPort> ports_;
  PriorityVector root_priority_;
  TreeTimes root_times_;
  std::optional<PortNumber> root_port_;
  std::uint64_t topology_changes_ = 0;
  TimePoint last_topology_change_{};
  RstpOutcome outcome_;

  TimePoint now_{};                 // of the present call
  std::uint64_t changes_ = 1;       // that other ports may depend on
  std::uint64_t seen_changes_ = 0;  // those after which all ports were looked at
  std::uint64_t synced_as_of_ = 0;  // those by which is_all_synced_ was found
  bool is_all_synced_ = false;
};

}  // namespace tapswitch::protocols
