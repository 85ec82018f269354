// SPDX-License-Identifier: Apache-2.0
// mirrors.hpp: the mirrors of the running switches. Which there are is in the specification of
// each switch; this part brings them to the engines, by the ports that are there.
//
// Theory of operation: a mirror names ports, and a port of that name may go and come again, as in a
// change that opens it anew. The engine forgets a port that goes, and follow() brings it back.
// Threads: the control thread. Limits: max_mirrors a switch.
#pragma once

#include <string>

#include "control/config/mirrors.hpp"
#include "control/network/changes.hpp"
#include "control/network/inventory.hpp"

namespace tapswitch::network {

class Mirrors {
 public:
  // Both must outlive it.
  Mirrors(Inventory& inventory, Changes& changes) : inventory_(inventory), changes_(changes) {}

  // Returns the switch that has the mirror. Throws not_found.
  [[nodiscard]] RunningSwitch& home_of(const std::string& mirror);

  // Throws why there can be no such new mirror. Returns the switch that it would be on.
  RunningSwitch& check_add(const config::MirrorSpec& spec);
  // Throws in_use if a mirror names the port.
  static void check_remove(const RunningPort& port);
  // Throws invalid_params if the port is a destination and is to have conditions.
  static void check_set(const RunningPort& port, const config::PortSpec& spec);

  // Adds a mirror, or puts it in the place of the one of its name. Requires: they go together with
  // the ports that are wanted.
  void set(RunningSwitch& home, const config::MirrorSpec& spec);
  void remove(RunningSwitch& home, const std::string& name);

  // A port has come.
  void follow(const RunningPort& port) const;
  // Ports of a switch have come.
  void follow(RunningSwitch& home) const;

 private:
  [[nodiscard]] MirrorRules rules_of(const RunningSwitch& home) const;
  void bring_or_put_back(RunningSwitch& home, config::MirrorSpecs before);

  Inventory& inventory_;
  Changes& changes_;
};

}  // namespace tapswitch::network
