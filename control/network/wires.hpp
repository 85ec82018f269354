// SPDX-License-Identifier: Apache-2.0
// wires.hpp: lets the carriers of a wire's two ends follow each other, as those of a cable do:
// while nobody is at the one, the other has none.
//
// An end can follow whose kind gives_carrier(): it can be held without one and still be seen to
// come up. Ends of other kinds are followed, and do not follow. In a composed change nothing does,
// for that may bring the other end yet.
// Threads: the control thread.
#pragma once

#include "control/network/announcer.hpp"
#include "control/network/changes.hpp"
#include "control/network/inventory.hpp"

namespace tapswitch::network {

class Wires {
 public:
  // All must outlive it.
  Wires(Inventory& inventory, const Changes& changes, const Announcer& announcer)
      : inventory_(inventory), changes_(changes), announcer_(announcer) {}

  // To be called when the link of a port of 'home' has changed, or a port has come or gone. Frees
  // the ends of what is no wire any more.
  void follow(const RunningSwitch& home);
  void follow_all();

  // The carrier of 'port' is not held any more, for somebody else has to do with it.
  static void let_go(RunningPort& port) { port.is_held = false; }

 private:
  void hold(RunningPort& port, bool is_held) const;

  Inventory& inventory_;
  const Changes& changes_;
  const Announcer& announcer_;
};

}  // namespace tapswitch::network
