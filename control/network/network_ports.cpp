// SPDX-License-Identifier: Apache-2.0
// network_ports.cpp: the part of Network that opens, changes and closes ports.
#include <exception>
#include <map>
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

namespace {

// The MTU of a port that has none: longer than any frame.
constexpr std::uint32_t no_mtu = FrameBuffer::max_frame_size;

}  // namespace

void Network::check_add_port(const RunningSwitch& home, const PortSpec& spec) const {
  check_attach_port(home, spec);
  check_open_end({.network = *this, .home = home, .spec = spec});
}

void Network::check_add_passed(const RunningSwitch& home, const PortSpec& spec,
                               const PassedEnd& passed) const {
  check_attach_port(home, spec);
  if (const std::string* user = links_.user_of(passed)) {
    throw Error(ErrorKind::already_exists, "port '" + *user + "' has this TAP already",
                {{"object", spec.name}, {"field", "fd"}, {"port", *user}});
  }
}

void Network::check_attach_port(const RunningSwitch& home, const PortSpec& spec) const {
  if (inventory_.ports().contains(spec.name)) {
    throw Error(ErrorKind::already_exists, "there is a port '" + spec.name + "' already",
                {{"object", spec.name}});
  }
  if (home.port_names.size() == max_ports) {
    throw Error(
        ErrorKind::limit_reached,
        "switch '" + home.spec.name + "' has " + std::to_string(max_ports) + " ports already",
        {{"limit", max_ports}});
  }
  check_here(spec);
  claims_.check(spec.far_end);
  check_patch(inventory_, claims_, home, spec);
}

RunningPort& Network::add_port(RunningSwitch& home, const PortSpec& spec) {
  check_add_port(home, spec);
  OpenedPort opened = plugs_.open(home, spec);
  if (opened.granted) {
    learn_offloads(*opened.granted);
  }
  return attach_or_put_back(home, spec, std::move(opened));
}

RunningPort& Network::add_passed(RunningSwitch& home, const PortSpec& spec, const PassedEnd& passed,
                                 UniqueFd fd) {
  check_add_passed(home, spec, passed);
  return attach_or_put_back(home, spec, open_passed(spec, std::move(fd)));
}

RunningPort& Network::attach_port(RunningSwitch& home, const PortSpec& spec, OpenedPort opened) {
  check_attach_port(home, spec);
  return attach(home, spec, std::move(opened));
}

OpenedPort Network::open(const RunningSwitch& home, const PortSpec& spec) const {
  return open_end({.network = *this, .home = home, .spec = spec});
}

// A port that does not come in leaves its interface as it was.
RunningPort& Network::attach_or_put_back(RunningSwitch& home, const PortSpec& spec,
                                         OpenedPort opened) {
  try {
    return attach(home, spec, std::move(opened));
  } catch (...) {
    (void)opened.end->put_back();
    throw;
  }
}

// Requires: check_attach_port() has passed.
RunningPort& Network::attach(RunningSwitch& home, const PortSpec& spec, OpenedPort&& opened) {
  RunningPort* const opposite = opposite_of(inventory_, spec);
  RunningPort added{.spec = spec,
                    .home = &home,
                    .port = opened.port.get(),
                    .added = std::chrono::steady_clock::now()};
  added.remarks = opened.remarks;
  links_.check_is_free(added);
  if (!spec.has_carrier) {
    opened.end->set_plugged(false);
  }
  Undo undo;
  undo.push([this, name = spec.name] { claims_.release(name); });
  claims_.take(spec.name, spec.far_end);
  undo.push([this, name = spec.name] { link_watch_.forget(name); });
  links_.watch(added);
  answer_at(opened.end->bell(), spec.name, undo);
  RunningPort& port = enter(std::move(added), opened);
  undo.keep();
  announcer_.tell_remarks(port);
  if (opposite != nullptr) {
    links_.look_at(*opposite);
  }
  changes_.on_configured();
  return port;
}

// Puts a port on its switch, where there is room for it. Takes what is open only if it succeeds.
RunningPort& Network::enter(RunningPort&& added, OpenedPort& opened) {
  RunningSwitch& home = *added.home;
  const std::string name = added.spec.name;
  added.number = port_numbers_.of(name);
  // All that takes memory comes before the switch knows it.
  std::map<PortIndex, std::string> names = {{PortIndex{}, name}};
  auto named = names.extract(names.begin());
  Undo undo;
  const auto entered = inventory_.ports().try_emplace(name, std::move(added)).first;
  undo.push([this, entered] { inventory_.ports().erase(entered); });
  RunningPort& running = entered->second;
  undo.push([&] { opened.port = Conditioning::take_off(running, std::move(opened.port)); });
  conditioning_.put_around(running, opened.port);
  running.index = value_or_refuse(home.engine->add_port(
      std::move(opened.port), Guests::rule_in_switch(running.spec, *opened.end),
      running.spec.worker, running.state_in_switch({.mtu = no_mtu})));
  running.end = std::move(opened.end);
  named.key() = running.index;
  home.port_names.insert(std::move(named));
  undo.keep();
  mirror(running);
  sampling_.follow_soon();
  announcer_.tell(running, "added");
  wires_.follow(home);
  return running;
}

// The port is there already, and stays.
void Network::mirror(const RunningPort& added) const {
  try {
    mirrors_.follow(added);
  } catch (const std::exception& error) {
    announcer_.tell_operator("port '" + added.spec.name +
                             "' is mirrored with the next change: " + error.what());
  }
}

void Network::learn_offloads(const OffloadSet& granted) {
  if (granted == offloads_) {
    return;
  }
  offloads_ = granted;
  if (granted == OffloadSet{}) {
    announcer_.tell_operator(
        "this kernel's TAPs have no offloads: streams of TCP and UDP will be slower");
  } else if (!granted.uso) {
    announcer_.tell_operator(
        "this kernel's TAPs lack UDP segmentation offload: streams of UDP will be slower");
  } else {
    announcer_.tell_operator(
        "this kernel's TAPs lack offloads for tunnels: streams in VXLAN and Geneve will be slower");
  }
}

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
  check_here(spec);
  if (port.is_lost && !change.empty()) {
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
    guests_.bring_rule(port);
    port.bring_state();  // the rule may ask for the speed of the link
  }
  station_news_.tell(*port.home);
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

// Puts 'opened' in the place of what the port is, which is closed.
void Network::exchange(RunningPort& port, OpenedPort opened) {
  for (RunningPort* guest : guests_.of(port)) {
    remove_port(*guest);
  }
  Undo undo;
  answer_at(opened.end->bell(), port.spec.name, undo);
  conditioning_.replace(port, opened.port);
  undo.keep();
  reception_.remove(port.end->bell());
  port.end = std::move(opened.end);  // before its port, which is closed at the end
  port.remarks = std::move(opened.remarks);
}

// Answers who rings at the port 'name' from now on; -1: nobody does.
void Network::answer_at(int bell, const std::string& name, Undo& undo) {
  if (bell >= 0) {
    value_or_refuse(reception_.add(bell, [this, name] { attend_to(name); }));
    undo.push([this, bell] { reception_.remove(bell); });
  }
}

// Strangers may have come, or what was looked for may be found.
void Network::attend_to(const std::string& name) {
  RunningPort& port = inventory_.ports().at(name);
  port.end->answer();
  guests_.take_in(port);
  links_.look_at(port);
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
