// SPDX-License-Identifier: Apache-2.0
// network_wires.cpp: the part of Network in which the carriers of a wire's two ends follow each
// other, as those of a cable do: while nobody is at the one, the other has none.
//
// An end can follow whose kind gives_carrier(): it can be held without one and still be seen to
// come up. Ends of other kinds are followed, and do not follow.
#include <exception>
#include <vector>

#include "control/network/kinds/kinds.hpp"
#include "control/network/network.hpp"

namespace tapswitch::network {

// Whether somebody is at the far end, as far as it is not our doing that nobody is.
bool Network::is_there(const RunningPort& port) {
  return !port.is_lost && port.spec.has_carrier && port.seen.is_present && port.seen.is_up &&
         (port.seen.has_carrier || port.is_held);
}

void Network::follow_carriers(const RunningSwitch& home) {
  // A composed change may bring the other end yet.
  if (changes_.is_composed()) {
    return;
  }
  std::vector<RunningPort*> ends;
  for (const auto& [index, name] : home.port_names) {
    ends.push_back(&ports_.at(name));
  }
  const bool is_wire = home.spec.is_wire && ends.size() <= 2;
  for (RunningPort* port : ends) {
    const bool is_alone =
        ends.size() < 2 || !is_there(port == ends.front() ? *ends.back() : *ends.front());
    hold(*port, is_wire && is_alone);
  }
}

void Network::follow_all_carriers() {
  for (const auto& [name, running] : switches_) {
    if (running.spec.is_wire) {
      follow_carriers(running);
    }
  }
}

void Network::hold(RunningPort& port, bool is_held) {
  if (!gives_carrier(port.spec.far_end) || port.is_lost || !port.spec.has_carrier) {
    port.is_held = false;
    return;
  }
  if (port.is_held == is_held) {
    return;
  }
  const std::string_view state_before = port.state(port.seen);
  try {
    port.end->set_plugged(!is_held);
  } catch (const std::exception& error) {
    announcer_.tell_operator(error.what());
    return;
  }
  port.is_held = is_held;
  port.seen.has_carrier = !is_held;
  port.bring_state();
  if (const auto state = port.state(port.seen); state != state_before) {
    announcer_.tell(port, state == "up" ? "up" : "down");
  }
}

}  // namespace tapswitch::network
