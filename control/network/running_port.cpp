// SPDX-License-Identifier: Apache-2.0
#include "control/network/running_port.hpp"

#include <cstdint>

#include "switch/system/link_settings.hpp"

namespace tapswitch::network {

LinkStatus RunningPort::link(LinkReader& reader) const {
  LinkStatus now = port->read_link(reader);
  return now.shortage == 0 ? now : seen;
}

// The kernel is asked for nothing else of interfaces in our own namespace, and for all at once.
KernelDrops RunningPort::drops(LinkReader& reader) const {
  const bool is_in_ours = link_key && link_key->name_space == LinkKey::ours;
  KernelDrops drops =
      port->read_drops(reader, is_in_ours ? std::optional(link_key->index) : std::nullopt);
  if (home->path != nullptr) {
    drops.ingress += home->path->lost(home->engine->id(), index);
  }
  return drops;
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
  if (!home->engine->is_in_force(index)) {
    return "the change that it comes or goes by is under way";
  }
  if (home->path == nullptr) {
    return home->path_refusal;
  }
  return home->path->refusal(home->engine->id(), index);
}

std::uint32_t RunningPort::speed() const {
  return spec.rule.storm.is_of_speed() ? link_speed() : 0;
}

// The kernel tells of a speed in our namespace alone, and of none while there is no carrier.
std::uint32_t RunningPort::link_speed() const {
  const bool is_in_ours = link_key && link_key->name_space == LinkKey::ours;
  if (is_in_ours && !seen.interface.empty()) {
    const auto settings = read_link_settings(seen.interface);
    constexpr std::uint32_t unknown = 0xffff'ffff;  // as ethtool says it
    return settings && settings->speed != unknown ? settings->speed : 0;
  }
  return config::speed_of(spec.far_end).value_or(0);
}

// A frame that is sent finds out by itself of an interface that is down; and of any link of which
// the monitor does not tell, for we would hear too late that it is there again. An interface that
// is not to be seen has the MTU that it had.
PortState RunningPort::state_in_switch(const PortState& before) const {
  PortState now{.tree = tree, .mtu = seen.mtu != 0 ? seen.mtu : before.mtu, .speed = speed()};
  if (!spec.has_carrier || is_held) {
    now.link = PortLink::unplugged;
  } else if (link_key && state(seen) != "up") {
    now.link = seen.is_up ? PortLink::no_carrier : PortLink::down;
  }
  return now;
}

void RunningPort::bring_state() const {
  home->engine->set_port_state(index, state_in_switch(home->engine->port_state(index)));
}

void RunningPort::forget_learned() const {
  home->engine->fdb().flush({.port = index, .kind = StationKind::dynamic_entry});
}

}  // namespace tapswitch::network
