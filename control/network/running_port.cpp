// SPDX-License-Identifier: Apache-2.0
#include "control/network/running_port.hpp"

#include <cstdint>

namespace tapswitch::network {

LinkStatus RunningPort::link(LinkReader& reader) const {
  LinkStatus now = port->read_link(reader);
  return now.shortage == 0 ? now : seen;
}

// The kernel is asked for nothing else of interfaces in our own namespace, and for all at once.
KernelDrops RunningPort::drops(LinkReader& reader) const {
  const bool is_in_ours = link_key && link_key->name_space == LinkKey::ours;
  return port->read_drops(reader, is_in_ours ? std::optional(link_key->index) : std::nullopt);
}

std::string_view RunningPort::state(const LinkStatus& link) const {
  if (is_lost || !link.is_present) {
    return "lost";
  }
  if (!spec.has_carrier) {
    return "no_carrier";
  }
  if (!link.is_up) {
    return "down";
  }
  return link.has_carrier ? "up" : "no_carrier";
}

std::optional<std::string> RunningPort::path_refusal() const {
  return home->path == nullptr ? "there is no kernel path"
                               : home->path->refusal(home->engine->id(), index);
}

// A frame that is sent finds out by itself of an interface that is down; and of any link of which
// the monitor does not tell, for we would hear too late that it is there again. An interface that
// is not to be seen has the MTU that it had.
PortState RunningPort::state_in_switch(const PortState& before) const {
  const std::uint32_t mtu = seen.mtu != 0 ? seen.mtu : before.mtu;
  if (!spec.has_carrier || is_held) {
    return {.link = PortLink::unplugged, .mtu = mtu};
  }
  if (!link_key || state(seen) == "up") {
    return {.link = PortLink::up, .mtu = mtu};
  }
  return {.link = seen.is_up ? PortLink::no_carrier : PortLink::down, .mtu = mtu};
}

void RunningPort::bring_state() const {
  home->engine->set_port_state(index, state_in_switch(home->engine->port_state(index)));
}

void RunningPort::forget_learned() const {
  home->engine->fdb().flush({.port = index, .kind = StationKind::dynamic_entry});
}

}  // namespace tapswitch::network
