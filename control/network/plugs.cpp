// SPDX-License-Identifier: Apache-2.0
#include "control/network/plugs.hpp"

#include <exception>
#include <utility>

#include "control/network/kinds/kinds.hpp"
#include "control/network/patch_ends.hpp"
#include "control/network/stand_in.hpp"
#include "control/network/wires.hpp"

namespace tapswitch::network {

Plugs::Plugs(const Parts& parts, Open open, Replace replace)
    : parts_(parts), open_(std::move(open)), replace_(std::move(replace)) {}

OpenedPort Plugs::open(const RunningSwitch& home, const config::PortSpec& spec) const {
  if (!spec.has_carrier && !has_plug(spec.far_end)) {
    return stand_in_for_unplugged(spec.far_end);
  }
  return open_(home, spec);
}

void Plugs::set(RunningPort& port, bool is_plugged) {
  config::PortSpec spec = port.spec;
  spec.has_carrier = is_plugged;
  if (port.is_lost) {
    port.spec.has_carrier = is_plugged;  // it counts when the port is opened anew
    return;
  }
  if (has_plug(port.spec.far_end)) {
    port.end->set_plugged(is_plugged);
  } else {
    replace_(port, open(*port.home, spec));
  }
  port.spec.has_carrier = is_plugged;
  Wires::let_go(port);
  parts_.links.follow(&port);
  note(port);
}

void Plugs::take_back(RunningPort& port) {
  try {
    set(port, !port.spec.has_carrier);
  } catch (const std::exception& error) {
    parts_.announcer.tell_operator(error.what());
  }
}

void Plugs::note(RunningPort& port) {
  (void)parts_.links.note(port, port.port->link());
  if (RunningPort* const opposite = opposite_of(parts_.inventory, port.spec)) {
    parts_.links.look_at(*opposite);
  }
}

}  // namespace tapswitch::network
