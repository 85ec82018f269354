// SPDX-License-Identifier: Apache-2.0
// network_ports.cpp: the part of Network that opens, changes and closes ports.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/network/network.hpp"
#include "control/network/open_port.hpp"
#include "control/network/tap_options.hpp"
#include "control/network/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using config::PortSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// The MTU in the rule of a port that has none: longer than any frame.
constexpr std::uint32_t no_mtu = FrameBuffer::max_frame_size;

// Changes the interface of 'tap', part after part.
void change_parts(TapPort& tap, const LinkStatus& before, const config::TapChange& change) {
  if (change.mtu && change.mtu != before.mtu) {
    value_or_refuse(tap.set_mtu(*change.mtu));
  }
  if (change.mac && change.mac != before.mac) {
    value_or_refuse(tap.set_mac(*change.mac));
  }
  if (change.addresses) {
    value_or_refuse(tap.set_addresses(parse_addresses(*change.addresses)));
  }
  if (change.is_up && change.is_up != before.is_up) {
    value_or_refuse(tap.set_up(*change.is_up));
  }
  if (const auto owner = owner_of(change.owner)) {
    value_or_refuse(tap.set_owner(*owner));
  }
  if (const auto group = group_of(change.group)) {
    value_or_refuse(tap.set_group(*group));
  }
  if (change.persist) {
    value_or_refuse(tap.set_persist(*change.persist));
  }
}

// The same, whole or not at all. If the kernel refuses a part and does not let those before it be
// taken back either, the error says so.
void change_tap(TapPort& tap, const config::TapChange& change) {
  const auto before = tap.state();  // not to be seen where its namespace is closed to us
  try {
    change_parts(tap, tap.link(), change);
  } catch (const Error& error) {
    const auto restored = before ? tap.restore(*before) : KernelResult<void>();
    if (restored) {
      throw;
    }
    Json data = error.to_json()["data"];
    data["not_undone"] = Json::array({restored.error().message()});
    throw Error(error.kind(),
                fmt::format("{}; and this could not be undone: {}", error.what(),
                            restored.error().message()),
                std::move(data));
  }
}

}  // namespace

void Network::check_add_port(const RunningSwitch& home, const PortSpec& spec) const {
  check_attach_port(home, spec);
  check_far_end(spec.far_end);
}

void Network::check_add_passed_tap(const RunningSwitch& home, const PortSpec& spec,
                                   const TapDevice& tap) const {
  check_attach_port(home, spec);
  (void)tap_options(std::get<config::TapSpec>(spec.far_end), {});
  if (const std::string* user = user_of(tap)) {
    throw Error(ErrorKind::already_exists, "port '" + *user + "' has this TAP already",
                {{"object", spec.name}, {"field", "fd"}, {"port", *user}});
  }
}

void Network::check_attach_port(const RunningSwitch& home, const PortSpec& spec) const {
  if (ports_.contains(spec.name)) {
    throw Error(ErrorKind::already_exists, "there is a port '" + spec.name + "' already",
                {{"object", spec.name}});
  }
  if (home.port_names.size() == max_ports) {
    throw Error(
        ErrorKind::limit_reached,
        "switch '" + home.spec.name + "' has " + std::to_string(max_ports) + " ports already",
        {{"limit", max_ports}});
  }
  check_worker(spec.worker);
  if (const auto* tap = std::get_if<config::TapSpec>(&spec.far_end)) {
    check_queues(tap->queues);
  }
  check_place(spec);
  check_patch(home, spec);
}

void Network::check_place(const PortSpec& spec) const {
  const auto place = config::place_of(spec.far_end);
  if (!place) {
    return;
  }
  if (const auto user = port_with_.find(place->name); user != port_with_.end()) {
    throw Error(ErrorKind::already_exists,
                "port '" + user->second + "' has the " + place->name + " already",
                {{"object", place->name}, {"field", place->member}, {"port", user->second}});
  }
}

void Network::release_place(const RunningPort& port) {
  if (port.is_guest()) {
    return;
  }
  if (const auto place = config::place_of(port.spec.far_end)) {
    port_with_.erase(place->name);
  }
}

Network::RunningPort& Network::add_port(RunningSwitch& home, const PortSpec& spec) {
  check_add_port(home, spec);
  RunningPort* const opposite = opposite_of(spec);
  OpenedPort opened =
      open_port(spec.far_end, offloads_,
                opposite != nullptr ? static_cast<const PatchPort*>(opposite->port) : nullptr);
  if (opened.tap != nullptr && std::get<config::TapSpec>(spec.far_end).offload) {
    learn_offloads(opened.tap->offloads());
  }
  return attach_or_put_back(home, spec, std::move(opened));
}

Network::RunningPort& Network::add_passed_tap(RunningSwitch& home, const PortSpec& spec,
                                              TapDevice tap) {
  check_add_passed_tap(home, spec, tap);
  return attach_or_put_back(
      home, spec, open_passed_tap(std::move(tap), std::get<config::TapSpec>(spec.far_end)));
}

Network::RunningPort& Network::attach_port(RunningSwitch& home, const PortSpec& spec,
                                           OpenedPort opened) {
  check_attach_port(home, spec);
  return attach(home, spec, std::move(opened));
}

// A port that does not come in leaves its interface as it was.
Network::RunningPort& Network::attach_or_put_back(RunningSwitch& home, const PortSpec& spec,
                                                  OpenedPort opened) {
  try {
    return attach(home, spec, std::move(opened));
  } catch (...) {
    if (opened.tap != nullptr) {
      (void)opened.tap->put_back();
    }
    throw;
  }
}

// Requires: check_attach_port() has passed.
Network::RunningPort& Network::attach(RunningSwitch& home, const PortSpec& spec,
                                      OpenedPort&& opened) {
  RunningPort* const opposite = opposite_of(spec);
  RunningPort added{.spec = spec,
                    .home = &home,
                    .port = opened.port.get(),
                    .tap = opened.tap,
                    .door = opened.door,
                    .added = std::chrono::steady_clock::now()};
  added.remarks = opened.remarks;
  check_link(added);
  Undo undo;
  if (const auto place = config::place_of(spec.far_end)) {
    undo.push([this, name = place->name] { port_with_.erase(name); });
    port_with_[place->name] = spec.name;
  }
  watch_link(added);
  if (added.place) {
    undo.push([this, place = *added.place] { port_at_.erase(place); });
  }
  if (opened.door != nullptr) {
    value_or_refuse(reception_.add(opened.door->bell(), spec.name));
    undo.push([this, bell = opened.door->bell()] { reception_.remove(bell); });
  }
  added.spec.rule.mtu = added.seen.mtu != 0 ? added.seen.mtu : no_mtu;
  RunningPort& port = enter(std::move(added), opened.port);
  undo.keep();
  tell_remarks(port);
  if (opposite != nullptr) {
    look_at(*opposite);
  }
  on_configured();
  return port;
}

// Puts a port on its switch, where there is room for it. Takes 'port' only if it succeeds.
Network::RunningPort& Network::enter(RunningPort&& added, std::unique_ptr<Port>& port) {
  RunningSwitch& home = *added.home;
  const std::string name = added.spec.name;
  // All that takes memory comes before the switch knows it.
  std::map<PortIndex, std::string> names = {{PortIndex{}, name}};
  auto named = names.extract(names.begin());
  Undo undo;
  const auto entered = ports_.try_emplace(name, std::move(added)).first;
  undo.push([this, entered] { ports_.erase(entered); });
  RunningPort& running = entered->second;
  running.index = value_or_refuse(
      home.engine->add_port(std::move(port), rule_in_switch(running), running.spec.worker));
  named.key() = running.index;
  home.port_names.insert(std::move(named));
  undo.keep();
  tell(running, "added");
  return running;
}

void Network::tell_remarks(const RunningPort& port) {
  for (const std::string& remark : port.remarks) {
    notice_("port '" + port.spec.name + "': " + remark);
  }
}

void Network::learn_offloads(const OffloadSet& granted) {
  if (granted == offloads_) {
    return;
  }
  offloads_ = granted;
  notice_(granted == OffloadSet{}
              ? "this kernel's TAPs have no offloads: streams of TCP and UDP will be slower"
              : "this kernel's TAPs lack UDP segmentation offload: streams of UDP will be slower");
}

void Network::check_worker(std::optional<std::size_t> worker) const {
  if (worker && *worker >= pool_.count()) {
    throw rpc::invalid_params({{"worker", "there is no worker " + std::to_string(*worker),
                                "0 to " + std::to_string(pool_.count() - 1)}});
  }
}

void Network::check_queues(std::size_t queues) const {
  if (queues > pool_.count()) {
    throw rpc::invalid_params(
        {{"queues",
          "there are only " + std::to_string(pool_.count()) + " workers (tapswitchd --workers)",
          "1 to " + std::to_string(pool_.count())}});
  }
}

void Network::check_set_port(const RunningPort& port, const PortSpec& spec,
                             const config::TapChange& change) const {
  check_is_no_guest(port);
  check_worker(spec.worker);
  if (port.is_lost && change != config::TapChange()) {
    throw Error(
        ErrorKind::not_found,
        "the interface of port '" + port.spec.name + "' is gone: remove the port and add it anew",
        {{"object", port.spec.name}});
  }
  (void)owner_of(change.owner);
  (void)group_of(change.group);
}

void Network::set_port(RunningPort& port, const PortSpec& spec, const config::TapChange& change) {
  check_set_port(port, spec, change);
  Undo undo;
  Switch& engine = *port.home->engine;
  if (const auto old = engine.worker_of(port.index); spec.worker && *spec.worker != old) {
    value_or_refuse(engine.move_port(port.index, *spec.worker));
    undo.push([&engine, &port, old] { (void)engine.move_port(port.index, old); });
  }
  PortSpec changed = spec;
  if (change != config::TapChange()) {
    change_tap(*port.tap, change);
    // A TAP that is not to be seen stays as it was taken to be.
    const std::uint32_t mtu = port.tap->link().mtu;
    changed.rule.mtu = mtu != 0 ? mtu : port.spec.rule.mtu;
  }
  undo.keep();
  const bool has_other_rule = changed.rule != port.spec.rule;
  port.spec = std::move(changed);
  if (has_other_rule) {
    engine.set_port_rule(port.index, rule_in_switch(port));
    tell_guests_rules(port);
  }
  forget_static_beyond_vlans(port);
  tell_stations(*port.home);
  if (change != config::TapChange()) {
    follow_links(&port);
    const std::string_view event = note_link(port, port.tap->link());
    if (event == "up" || event == "down") {
      tell(port, event);
    }
  }
  tell(port, "changed");
  on_configured();
}

// A static entry in a VLAN that its port carries no more would lead nowhere.
void Network::forget_static_beyond_vlans(RunningPort& port) {
  std::erase_if(port.home->spec.static_entries, [&port](const config::StaticEntry& entry) {
    if (entry.port != port.spec.name || port.spec.rule.vlan.carries(entry.vlan)) {
      return false;
    }
    port.home->engine->fdb().remove({.vid = entry.vlan, .mac = entry.mac});
    return true;
  });
}

std::unique_ptr<Port> Network::remove_port(RunningPort& port) {
  for (RunningPort* guest : guests_of(port)) {
    remove_port(*guest);
  }
  std::unique_ptr<Port> closed = port.home->engine->remove_port(port.index);
  leave_reception(port);
  unwatch_link(port);
  release_place(port);
  const RunningPort removed = std::move(port);
  // While the index still has its name.
  tell_stations(*removed.home);
  std::erase_if(removed.home->spec.static_entries,
                [&](const config::StaticEntry& entry) { return entry.port == removed.spec.name; });
  removed.home->port_names.erase(removed.index);
  ports_.erase(removed.spec.name);
  tell(removed, "removed");
  if (!removed.is_guest()) {
    on_configured();
  }
  return closed;
}

void Network::take_back_port(RunningPort& port) {
  TapPort* const tap = port.tap;
  const std::unique_ptr<Port> removed = remove_port(port);
  if (tap != nullptr) {
    value_or_refuse(tap->put_back());
  }
}

void Network::restore_tap(RunningPort& port, const TapPort::State& before) {
  const auto restored = port.tap->restore(before);
  look_at(port);
  value_or_refuse(restored);
}

}  // namespace tapswitch::network
