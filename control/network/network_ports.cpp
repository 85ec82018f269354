// SPDX-License-Identifier: Apache-2.0
// network_ports.cpp: the part of Network that changes and closes ports.
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "control/config/static_entries.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/network/network.hpp"
#include "control/network/patch_ends.hpp"
#include "control/network/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using config::PortSpec;
using rpc::Error;
using rpc::ErrorKind;

void Network::check_here(const PortSpec& spec) const {
  if (spec.worker && *spec.worker >= pool_.count()) {
    throw rpc::invalid_params({{"worker", "there is no worker " + std::to_string(*spec.worker),
                                "0 to " + std::to_string(pool_.count() - 1)}});
  }
  check_end_here(spec.far_end, *this);
}

void Network::check_set_port(const RunningPort& port, const PortSpec& spec,
                             const config::FarEndChange& change) const {
  Guests::check_is_none(port);
  Mirrors::check_set(port, spec);
  check_in_tree(spec);
  check_here(spec);
  if (port.is_lost && !port.is_awaited && !change.empty()) {
    throw Error(
        ErrorKind::not_found,
        "the interface of port '" + port.spec.name + "' is gone: remove the port and add it anew",
        {{"object", port.spec.name}});
  }
  port.end->check_change(spec.far_end, change);
}

// Makes all of the port but its rule as 'spec' says, or nothing.
void Network::make_as_wanted(RunningPort& port, const PortSpec& spec,
                             const config::FarEndChange& change) {
  Undo undo;
  Switch& engine = *port.home->engine;
  if (const auto old = engine.worker_of(port.index); spec.worker && *spec.worker != old) {
    value_or_refuse(engine.move_port(port.index, *spec.worker));
    undo.push([&engine, &port, old] { (void)engine.move_port(port.index, old); });
  }
  const auto do_or_tell = [this](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      announcer_.tell_operator(error.what());
    }
  };
  const bool is_unplugged = port.spec.has_carrier && !spec.has_carrier;
  const bool has_other_conditions = spec.conditions != port.spec.conditions;
  if (spec.has_carrier && !port.spec.has_carrier) {
    plugs_.set(port, true);
    undo.push([this, &port] { plugs_.take_back(port); });
  }
  if (!change.empty() && (is_unplugged || has_other_conditions)) {
    const EndMemory before = port.end->remember(port.spec.far_end);
    port.end->change(spec.far_end, change);
    undo.push(
        [this, &port, before, do_or_tell] { do_or_tell([&] { restore_end(port, before); }); });
  } else if (!change.empty()) {
    port.end->change(spec.far_end, change);
  }
  // Frames are lost by these: they come last, when all else has been taken.
  if (is_unplugged) {
    plugs_.set(port, false);
    undo.push([this, &port] { plugs_.take_back(port); });
  }
  if (has_other_conditions) {
    undo.push([this, &port, old = port.spec.conditions, do_or_tell] {
      do_or_tell([&] { set_conditions(port, old); });
    });
    set_conditions(port, spec.conditions);
  }
  undo.keep();
}

void Network::set_port(RunningPort& port, const PortSpec& spec,
                       const config::FarEndChange& change) {
  check_set_port(port, spec, change);
  Switch& engine = *port.home->engine;
  const std::string_view state_before = port.state(port.seen);
  make_as_wanted(port, spec, change);
  const bool has_other_rule = spec.rule != port.spec.rule;
  for (const std::string& effect : config::effects_on(
           port.home->spec.static_entries, port.spec.name, port.spec.rule.vlan, spec.rule.vlan)) {
    announcer_.tell_operator(effect);
  }
  if (has_other_rule) {
    changes_.keep_rule(port);
  }
  port.spec = spec;
  if (has_other_rule) {
    port.end->follow_rule(spec.rule);
    guests_.bring_rule(port);
    port.bring_state();  // the rule may ask for the speed of the link
  }
  station_news_.tell(*port.home);
  set_in_tree(port);
  if (change.contains("offload")) {
    // The picture says what the port has said of itself until now.
    engine.set_port_rule(port.index, engine.port_rule(port.index));
  }
  if (!change.empty()) {
    links_.follow(&port);
    (void)links_.note(port, port.port->link());
  }
  if (const auto state = port.state(port.seen); state != state_before && state != "lost") {
    announcer_.tell(port, state == "up" ? "up" : "down");
  }
  changes_.tell(port);
  changes_.on_configured();
}

// Guests have the conditions of their door.
void Network::set_conditions(RunningPort& port, const PortConditions& wanted) {
  conditioning_.set(port, wanted);
  for (RunningPort* guest : guests_.of(port)) {
    conditioning_.set(*guest, wanted);
    guest->spec.conditions = wanted;
  }
}

// Guests have what is said of their door.
void Network::set_in_tree(RunningPort& port) {
  trees_.follow(port);
  for (RunningPort* guest : guests_.of(port)) {
    guest->spec.stp = port.spec.stp;
    trees_.follow(*guest);
  }
}

void Network::dismiss_port(const RunningPort& port) {
  for (const RunningPort* guest : guests_.of(port)) {
    guest->home->engine->dismiss_port(guest->index);
  }
  port.home->engine->dismiss_port(port.index);
}

void Network::keep_port(const RunningPort& port) {
  for (const RunningPort* guest : guests_.of(port)) {
    value_or_refuse(guest->home->engine->keep_port(guest->index));
  }
  value_or_refuse(port.home->engine->keep_port(port.index));
}

OpenedPort Network::remove_port(RunningPort& port) {
  for (RunningPort* guest : guests_.of(port)) {
    remove_port(*guest);
  }
  OpenedPort closed{.port =
                        Conditioning::take_off(port, port.home->engine->remove_port(port.index))};
  closed.end = std::move(port.end);
  reception_.remove(closed.end->bell());
  link_watch_.forget(port);
  claims_.release(port.spec.name);
  reopening_.forget(port.spec.name);
  trees_.forget(port);
  const RunningPort removed = std::move(port);
  // While the index still has its name.
  station_news_.tell(*removed.home);
  std::erase_if(removed.home->spec.static_entries,
                [&](const config::StaticEntry& entry) { return entry.port == removed.spec.name; });
  removed.home->port_names.erase(removed.index);
  inventory_.ports().erase(removed.spec.name);
  announcer_.tell(removed, "removed");
  wires_.follow(*removed.home);
  if (!removed.is_guest()) {
    changes_.on_configured();
  }
  return closed;
}

// Puts 'opened' in the place of what the port is, and leaves that in it. If it throws, all is as it
// was.
void Network::exchange(RunningPort& port, OpenedPort& opened) {
  for (RunningPort* guest : guests_.of(port)) {
    remove_port(*guest);
  }
  Undo undo;
  answer_at(opened.end->bell(), port.spec.name, undo);
  conditioning_.replace(port, opened.port);
  undo.keep();
  reception_.remove(port.end->bell());
  port.end = std::move(opened.end);  // before its port
  port.end->follow_rule(port.spec.rule);
  port.remarks = std::move(opened.remarks);
}

void Network::take_back_port(RunningPort& port) {
  const OpenedPort removed = remove_port(port);
  value_or_refuse(removed.end->put_back());
}

void Network::restore_end(RunningPort& port, const EndMemory& before) {
  try {
    port.end->restore(before);
  } catch (const Error&) {
    links_.look_at(port);
    throw;
  }
  Switch& engine = *port.home->engine;
  engine.set_port_rule(port.index, engine.port_rule(port.index));
  links_.look_at(port);
}

}  // namespace tapswitch::network
