// SPDX-License-Identifier: Apache-2.0
// network_opening.cpp: the part of Network that opens ports and puts them on their switches.
#include <exception>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/network/network.hpp"
#include "control/network/patch_ends.hpp"
#include "control/network/stand_in.hpp"
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
  check_in_tree(spec);
}

RunningPort& Network::add_port(RunningSwitch& home, const PortSpec& spec) {
  check_add_port(home, spec);
  return open_and_attach(home, spec);
}

RunningPort& Network::open_and_attach(RunningSwitch& home, const PortSpec& spec) {
  OpenedPort opened = plugs_.open(home, spec);
  if (opened.granted) {
    learn_offloads(*opened.granted);
  }
  return attach_or_put_back(home, spec, std::move(opened));
}

// Mistakes of the port itself are refused before anything is opened.
RunningPort& Network::add_port_or_await(RunningSwitch& home, const PortSpec& spec) {
  check_add_port(home, spec);
  try {
    return open_and_attach(home, spec);
  } catch (const Error& error) {
    announcer_.tell_operator(
        fmt::format("port {} is lost until it can be opened: {}", spec.name, error.what()));
    return add_awaited(home, spec, error.what());
  }
}

RunningPort& Network::add_awaited(RunningSwitch& home, const PortSpec& spec, std::string refusal) {
  check_attach_port(home, spec);
  return attach(home, spec, stand_in_for_lost(spec.far_end, std::move(refusal)));
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
  added.is_lost = added.is_awaited = !opened.refusal.empty();
  added.refusal = opened.refusal;
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
  running.tree = Trees::first_state(home, *opened.end);
  running.index = value_or_refuse(home.engine->add_port(
      std::move(opened.port), Guests::rule_in_switch(running.spec, *opened.end),
      running.spec.worker, running.state_in_switch({.mtu = no_mtu})));
  running.end = std::move(opened.end);
  running.end->follow_rule(running.spec.rule);
  named.key() = running.index;
  home.port_names.insert(std::move(named));
  undo.keep();
  mirror(running);
  sampling_.follow_soon();
  trees_.follow(running);
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
  port.home->engine->follow_offloads(port.index);
  guests_.take_in(port);
  links_.look_at(port);
}

}  // namespace tapswitch::network
