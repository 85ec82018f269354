// SPDX-License-Identifier: Apache-2.0
// network_guests.cpp: the part of Network that takes guests in at their doors, each as a port of
// its own, and sees them out. They are no part of the configuration: they have the rules of their
// door, come by themselves, and go with it.
#include <exception>
#include <memory>
#include <utility>

#include "control/network/network.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

// By a door no frame comes or leaves.
PortRule Network::rule_in_switch(const config::PortSpec& spec, const OpenEnd& end) {
  if (!end.is_door()) {
    return spec.rule;
  }
  PortRule closed;
  closed.vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet()};
  closed.learning = false;
  return closed;
}

void Network::attend() {
  if (!has_let_go_) {
    reception_.attend();
  }
}

// Strangers may have come, or what was looked for may be found.
void Network::attend_to(const std::string& name) {
  RunningPort& port = ports_.at(name);
  port.end->answer();
  take_guests_in(port);
  links_.look_at(port);
}

void Network::take_guests_in(RunningPort& door) {
  while (auto guest = door.end->take_guest()) {
    RunningSwitch& home = *door.home;
    config::PortSpec spec = door.spec;
    spec.name = door.spec.name + "." + std::to_string(guest->number);
    spec.description = guest->description;
    // The guest is hung up on.
    if (ports_.contains(spec.name)) {
      announcer_.tell_operator("a guest was turned away: there is a port '" + spec.name +
                               "' already");
      continue;
    }
    if (home.port_names.size() == max_ports) {
      announcer_.tell_operator("a guest was turned away: switch '" + home.spec.name + "' has " +
                               std::to_string(max_ports) + " ports already");
      continue;
    }
    RunningPort added{.spec = std::move(spec),
                      .home = &home,
                      .port = guest->port.get(),
                      .came_by = door.spec.name,
                      .added = std::chrono::steady_clock::now(),
                      .seen = guest->port->link()};
    added.seen.missing_file.clear();  // the next look tells of it
    OpenedPort opened{.port = std::move(guest->port)};
    try {
      enter(std::move(added), opened);
    } catch (const std::exception& error) {
      announcer_.tell_operator(std::string("a guest was turned away: ") + error.what());
    }
  }
}

std::vector<RunningPort*> Network::guests_of(const RunningPort& door) {
  std::vector<RunningPort*> guests;
  if (door.end->is_door()) {
    for (auto& [name, port] : ports_) {
      if (port.came_by == door.spec.name) {
        guests.push_back(&port);
      }
    }
  }
  return guests;
}

// Brings the rule of 'port' into force, for its guests too, by one picture.
void Network::bring_rule(const RunningPort& port) {
  Switch& engine = *port.home->engine;
  const std::vector<RunningPort*> guests = guests_of(port);
  if (!changes_.is_composed()) {
    engine.begin_change();
  }
  engine.set_port_rule(port.index, rule_in_switch(port.spec, *port.end));
  for (RunningPort* guest : guests) {
    changes_.keep_rule(*guest);
    guest->spec.rule = port.spec.rule;
    engine.set_port_rule(guest->index, guest->spec.rule);
  }
  if (!changes_.is_composed()) {
    engine.commit();
  }
  for (const RunningPort* guest : guests) {
    changes_.tell(*guest);
  }
}

void Network::check_is_no_guest(const RunningPort& port) {
  if (port.is_guest()) {
    throw rpc::Error(rpc::ErrorKind::unsupported,
                     "port '" + port.spec.name + "' came in by port '" + port.came_by +
                         "' and has the rules of that: change those",
                     {{"object", port.came_by}});
  }
}

}  // namespace tapswitch::network
