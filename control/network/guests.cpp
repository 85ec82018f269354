// SPDX-License-Identifier: Apache-2.0
#include "control/network/guests.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

Guests::Guests(Inventory& inventory, Changes& changes, const Announcer& announcer, Enter enter)
    : inventory_(inventory), changes_(changes), announcer_(announcer), enter_(std::move(enter)) {}

void Guests::check_is_none(const RunningPort& port) {
  if (port.is_guest()) {
    throw rpc::Error(rpc::ErrorKind::unsupported,
                     "port '" + port.spec.name + "' came in by port '" + port.came_by +
                         "' and has the rules of that: change those",
                     {{"object", port.came_by}});
  }
}

PortRule Guests::rule_in_switch(const config::PortSpec& spec, const OpenEnd& end) {
  if (!end.is_door()) {
    return spec.rule;
  }
  PortRule closed;
  closed.vlan = {.mode = PortMode::trunk, .pvid = no_vlan, .allowed = VlanSet()};
  closed.learning = false;
  return closed;
}

// A guest who is not taken in is hung up on.
void Guests::take_in(RunningPort& door) {
  while (auto guest = door.end->take_guest()) {
    config::PortSpec spec = door.spec;
    spec.name = door.spec.name + "." + std::to_string(guest->number);
    spec.description = guest->description;
    if (!has_room(*door.home, spec.name)) {
      continue;
    }
    RunningPort added{.spec = std::move(spec),
                      .home = door.home,
                      .port = guest->port.get(),
                      .came_by = door.spec.name,
                      .added = std::chrono::steady_clock::now(),
                      .seen = guest->port->link()};
    added.seen.missing_file.clear();  // the next look tells of it
    OpenedPort opened{.port = std::move(guest->port)};
    try {
      enter_(std::move(added), opened);
    } catch (const std::exception& error) {
      announcer_.tell_operator(std::string("a guest was turned away: ") + error.what());
    }
  }
}

bool Guests::has_room(const RunningSwitch& home, const std::string& name) const {
  if (inventory_.ports().contains(name)) {
    announcer_.tell_operator("a guest was turned away: there is a port '" + name + "' already");
    return false;
  }
  if (home.port_names.size() == max_ports) {
    announcer_.tell_operator("a guest was turned away: switch '" + home.spec.name + "' has " +
                             std::to_string(max_ports) + " ports already");
    return false;
  }
  return true;
}

std::vector<RunningPort*> Guests::of(const RunningPort& door) {
  std::vector<RunningPort*> guests;
  if (door.end->is_door()) {
    for (auto& [name, port] : inventory_.ports()) {
      if (port.came_by == door.spec.name) {
        guests.push_back(&port);
      }
    }
  }
  return guests;
}

void Guests::bring_rule(const RunningPort& port) {
  Switch& engine = *port.home->engine;
  const std::vector<RunningPort*> guests = of(port);
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
    value_or_refuse(engine.commit());
  }
  for (const RunningPort* guest : guests) {
    changes_.tell(*guest);
  }
}

}  // namespace tapswitch::network
