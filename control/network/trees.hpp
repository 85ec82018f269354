// SPDX-License-Identifier: Apache-2.0
// trees.hpp: the spanning trees of switches: runs the machine of each (protocols/rstp_bridge.hpp)
// on its ports, its clock and its frames, and does what it says.
//
// Theory of operation: what others tell of ports and switches only goes to the machine. What that
// wants done is done behind it, when a frame was heard or the timer rings; what was told rings it
// at once. The states come first, and all workers have them before a BPDU leaves: an agreement says
// that a port discards.
// The timer is one for all trees, and rings when the first of them says so. The made-up address of
// a bridge is as old as its switch.
// Threads: the control thread. Limits: protocols::last_port_number ports of a switch take part; the
// further one discards. A BPDU for which there is no room on the way to the workers waits, one a
// port; a newer one takes its place.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/network/announcer.hpp"
#include "control/network/inventory.hpp"
#include "control/protocols/rstp_bridge.hpp"
#include "switch/system/timer.hpp"

namespace tapswitch::network {

// Returns the rule that the engine of such a switch has: where there is a tree, BPDUs are punted
// and do not cross.
[[nodiscard]] SwitchRule rule_in_switch(const config::SwitchSpec& spec);

class Trees {
 public:
  // Both must outlive it. Throws rpc::Error if the kernel has no timer.
  Trees(Inventory& inventory, const Announcer& announcer);

  // A switch has come, or another tree is wanted of it.
  void follow(RunningSwitch& home);
  void forget(const std::string& switch_name);

  // Returns how a port that is about to come is to begin.
  [[nodiscard]] static TreeState first_state(const RunningSwitch& home, const OpenEnd& end);
  // A port has come, or something of it is other than it was. One that is not in force yet is
  // waited for.
  void follow(RunningPort& port);
  void follow_ports(RunningSwitch& home);
  // The same of all ports that are waited for: a composed change has ended.
  void follow_awaited();
  void forget(const RunningPort& port);

  // Hears a frame that was punted.
  void hear(const RunningPort& port, const PuntedFrame& frame);

  // Readable when on_timer() is to be called.
  [[nodiscard]] int timer() const { return timer_.descriptor(); }
  void on_timer();

  // Nullptr: the switch has none.
  [[nodiscard]] const protocols::RstpBridge* find(const RunningSwitch& home) const;
  [[nodiscard]] static std::optional<protocols::PortNumber> number_of(PortIndex index);

  // By switch, for a successor, who is to be the same bridges.
  [[nodiscard]] const std::map<std::string, MacAddress>& addresses() const { return addresses_; }
  // Has a switch that comes have this made-up address.
  void inherit(const std::string& switch_name, MacAddress address);

 private:
  struct Tree {
    explicit Tree(protocols::RstpBridge bridge) : machine(std::move(bridge)) {}

    protocols::RstpBridge machine;
    // For which there was no room.
    std::map<protocols::PortNumber, std::vector<std::byte>> unsent;
    bool is_due = false;                // it has been told something
    TimePoint next = TimePoint::max();  // when its timer ends
  };

  [[nodiscard]] MacAddress address_of(const RunningSwitch& home);
  [[nodiscard]] static protocols::RstpLink link_of(const RunningPort& port);
  void end(RunningSwitch& home);
  void ring_for(Tree& tree);
  void set_timer();

  // Does what the machine says.
  void act(RunningSwitch& home, Tree& tree, TimePoint now);
  [[nodiscard]] bool bring_states(RunningSwitch& home, const protocols::RstpOutcome& outcome);
  static void flush(RunningSwitch& home, const std::vector<protocols::PortNumber>& numbers);
  static void send(RunningSwitch& home, Tree& tree, protocols::RstpOutcome& outcome);
  void tell(const RunningSwitch& home, const Tree& tree,
            const std::vector<protocols::RstpEvent>& events) const;
  [[nodiscard]] RunningPort* port_of(const RunningSwitch& home, protocols::PortNumber number);

  Inventory& inventory_;
  const Announcer& announcer_;
  Timer timer_;
  std::map<std::string, Tree> trees_;            // by switch
  std::map<std::string, MacAddress> addresses_;  // likewise; made up
  std::set<std::string> awaited_;                // ports
};

}  // namespace tapswitch::network
