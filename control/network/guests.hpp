// SPDX-License-Identifier: Apache-2.0
// guests.hpp: takes guests in at their doors, each as a port of its own. They are no part of the
// configuration: they have the rules of their door, come by themselves, and go with it.
// Threads: the control thread. Limits: those of the door, and of the ports of a switch; whoever is
// beyond is turned away, and the operator told.
#pragma once

#include <functional>
#include <vector>

#include "control/config/model.hpp"
#include "control/network/announcer.hpp"
#include "control/network/changes.hpp"
#include "control/network/inventory.hpp"
#include "control/network/open_end.hpp"

namespace tapswitch::network {

class Guests {
 public:
  // Puts a port on its switch. Takes what is open only if it succeeds.
  using Enter = std::function<void(RunningPort&& added, OpenedPort& opened)>;

  // All must outlive it.
  Guests(Inventory& inventory, Changes& changes, const Announcer& announcer, Enter enter);

  // Throws unsupported if the port is a guest.
  static void check_is_none(const RunningPort& port);

  // Returns the rule by which the switch is to have a port: by a door no frame comes or leaves, and
  // a tunnel has its split horizon.
  [[nodiscard]] static PortRule rule_in_switch(const config::PortSpec& spec, const OpenEnd& end);

  // Takes in whoever waits at 'door'.
  void take_in(RunningPort& door);
  // Returns those who came in by it.
  [[nodiscard]] std::vector<RunningPort*> of(const RunningPort& door);
  // Brings the rule of 'port' into force, for its guests too, by one picture.
  void bring_rule(const RunningPort& port);

 private:
  [[nodiscard]] bool has_room(const RunningSwitch& home, const std::string& name) const;

  Inventory& inventory_;
  Changes& changes_;
  const Announcer& announcer_;
  const Enter enter_;
};

}  // namespace tapswitch::network
