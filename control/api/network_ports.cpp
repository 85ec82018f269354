// SPDX-License-Identifier: Apache-2.0
// network_ports.cpp: the part of Network that opens, changes and closes ports.
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "control/api/kernel_refusal.hpp"
#include "control/api/network.hpp"
#include "control/api/open_port.hpp"
#include "control/api/tap_options.hpp"
#include "control/api/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

using config::PortSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// The MTU in the rule of a port that has none: longer than any frame.
constexpr std::uint32_t no_mtu = FrameBuffer::max_frame_size;

// Changes the interface of 'tap'. If the kernel refuses a part, the parts before it are taken back.
void change_tap(TapPort& tap, const config::TapSpec& old, const config::TapChange& change) {
  Undo undo;
  const LinkStatus before = tap.link();
  if (change.mtu && change.mtu != before.mtu) {
    value_or_refuse(tap.set_mtu(*change.mtu));
    undo.push([&tap, mtu = before.mtu] { (void)tap.set_mtu(mtu); });
  }
  if (change.mac && change.mac != before.mac) {
    value_or_refuse(tap.set_mac(*change.mac));
    if (before.mac) {
      undo.push([&tap, mac = *before.mac] { (void)tap.set_mac(mac); });
    }
  }
  if (change.addresses) {
    value_or_refuse(tap.set_addresses(parse_addresses(*change.addresses)));
    undo.push([&tap, old] { (void)tap.set_addresses(parse_addresses(old.addresses)); });
  }
  if (change.is_up && change.is_up != before.is_up) {
    value_or_refuse(tap.set_up(*change.is_up));
    undo.push([&tap, is_up = before.is_up] { (void)tap.set_up(is_up); });
  }
  // The kernel cannot be told that there is no owner, so what had none keeps the new one.
  if (const auto owner = find_owner(change.owner)) {
    value_or_refuse(tap.set_owner(*owner));
    if (const auto old_owner = find_owner(old.owner)) {
      undo.push([&tap, uid = *old_owner] { (void)tap.set_owner(uid); });
    }
  }
  if (const auto group = find_group(change.group)) {
    value_or_refuse(tap.set_group(*group));
    if (const auto old_group = find_group(old.group)) {
      undo.push([&tap, gid = *old_group] { (void)tap.set_group(gid); });
    }
  }
  if (change.persist) {
    value_or_refuse(tap.set_persist(*change.persist));
  }
  undo.keep();
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
  return attach(home, spec, std::move(opened));
}

Network::RunningPort& Network::add_passed_tap(RunningSwitch& home, const PortSpec& spec,
                                              TapDevice tap) {
  check_add_passed_tap(home, spec, tap);
  return attach(home, spec,
                open_passed_tap(std::move(tap), std::get<config::TapSpec>(spec.far_end)));
}

Network::RunningPort& Network::attach_port(RunningSwitch& home, const PortSpec& spec,
                                           OpenedPort opened) {
  check_attach_port(home, spec);
  return attach(home, spec, std::move(opened));
}

// What was checked.
Network::RunningPort& Network::attach(RunningSwitch& home, const PortSpec& spec,
                                      OpenedPort opened) {
  RunningPort* const opposite = opposite_of(spec);
  RunningPort added{.spec = spec,
                    .home = &home,
                    .port = opened.port.get(),
                    .tap = opened.tap,
                    .door = opened.door,
                    .added = std::chrono::steady_clock::now()};
  added.remarks = std::move(opened.remarks);
  check_link(added);
  watch_link(added);
  added.spec.rule.mtu = added.seen.mtu != 0 ? added.seen.mtu : no_mtu;
  RunningPort& port = enter(std::move(added), std::move(opened.port));
  if (const auto place = config::place_of(spec.far_end)) {
    port_with_[place->name] = spec.name;
  }
  tell_remarks(port);
  if (opposite != nullptr) {
    look_at(*opposite);
  }
  on_configured();
  return port;
}

// Puts a port on its switch, where there is room for it.
Network::RunningPort& Network::enter(RunningPort added, std::unique_ptr<Port> port) {
  RunningSwitch& home = *added.home;
  added.index = *home.engine->add_port(std::move(port), rule_in_switch(added), added.spec.worker);
  const std::string name = added.spec.name;
  home.port_names[added.index] = name;
  RunningPort& entered = ports_[name] = std::move(added);
  tell(entered, "added");
  return entered;
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
  (void)find_owner(change.owner);
  (void)find_group(change.group);
}

void Network::set_port(RunningPort& port, const PortSpec& spec, const config::TapChange& change) {
  check_set_port(port, spec, change);
  PortSpec changed = spec;
  if (change != config::TapChange()) {
    change_tap(*port.tap, std::get<config::TapSpec>(port.spec.far_end), change);
    changed.rule.mtu = port.tap->link().mtu;
  }
  const bool has_other_rule = changed.rule != port.spec.rule;
  if (spec.worker && *spec.worker != port.home->engine->worker_of(port.index)) {
    port.home->engine->move_port(port.index, *spec.worker);
  }
  port.spec = std::move(changed);
  if (has_other_rule) {
    port.home->engine->set_port_rule(port.index, rule_in_switch(port));
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
  unwatch_link(port);
  release_place(port);
  const RunningPort removed = std::move(port);
  std::unique_ptr<Port> closed = removed.home->engine->remove_port(removed.index);
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

}  // namespace tapswitch::api
