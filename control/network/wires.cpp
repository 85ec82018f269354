// SPDX-License-Identifier: Apache-2.0
#include "control/network/wires.hpp"

#include <exception>
#include <vector>

#include "control/network/kinds/kinds.hpp"

namespace tapswitch::network {
namespace {

// Whether somebody is at the far end, as far as it is not our doing that nobody is.
bool is_there(const RunningPort& port) {
  return !port.is_lost && port.spec.has_carrier && port.seen.is_present && port.seen.is_up &&
         (port.seen.has_carrier || port.is_held);
}

}  // namespace

void Wires::follow(const RunningSwitch& home) {
  if (changes_.is_composed()) {
    return;
  }
  std::vector<RunningPort*> ends;
  for (const auto& [index, name] : home.port_names) {
    ends.push_back(&inventory_.ports().at(name));
  }
  const bool is_wire = home.spec.is_wire && ends.size() <= 2;
  for (RunningPort* port : ends) {
    const bool is_alone =
        ends.size() < 2 || !is_there(port == ends.front() ? *ends.back() : *ends.front());
    hold(*port, is_wire && is_alone);
  }
}

void Wires::follow_all() {
  for (const auto& [name, running] : inventory_.switches()) {
    if (running.spec.is_wire) {
      follow(running);
    }
  }
}

void Wires::hold(RunningPort& port, bool is_held) const {
  if (!gives_carrier(port.spec.far_end) || port.is_lost || !port.spec.has_carrier) {
    let_go(port);
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
