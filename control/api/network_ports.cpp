// SPDX-License-Identifier: Apache-2.0
// network_ports.cpp: the part of Network that opens, changes and closes ports.
#include <string>
#include <utility>

#include "control/api/kernel_refusal.hpp"
#include "control/api/network.hpp"
#include "control/api/tap_options.hpp"
#include "control/api/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

using config::PortSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

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
  (void)tap_options(spec.tap, offloads_);
}

Network::RunningPort& Network::add_port(RunningSwitch& home, const PortSpec& spec) {
  check_add_port(home, spec);
  std::unique_ptr<TapPort> tap = value_or_refuse(TapPort::open(tap_options(spec.tap, offloads_)));
  if (spec.tap.offload) {
    learn_offloads(tap->offloads());
  }
  RunningPort added{
      .spec = spec, .home = &home, .tap = tap.get(), .added = std::chrono::steady_clock::now()};
  if (const LinkStatus link = tap->link(); link.mtu != 0) {
    added.spec.rule.mtu = link.mtu;
  }
  added.index = *home.engine->add_port(std::move(tap), added.spec.rule, spec.worker);
  home.port_names[added.index] = spec.name;
  return ports_[spec.name] = std::move(added);
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

void Network::check_set_port(const RunningPort& port, const PortSpec& spec,
                             const config::TapChange& change) const {
  check_worker(spec.worker);
  if (port.is_lost && change != config::TapChange()) {
    throw Error(
        ErrorKind::not_found,
        "the interface of port '" + port.spec.name + "' is gone: remove the port and add it anew",
        {{"object", port.spec.tap.interface}});
  }
  (void)find_owner(change.owner);
  (void)find_group(change.group);
}

void Network::set_port(RunningPort& port, const PortSpec& spec, const config::TapChange& change) {
  check_set_port(port, spec, change);
  PortSpec changed = spec;
  if (change != config::TapChange()) {
    change_tap(*port.tap, port.spec.tap, change);
    changed.rule.mtu = port.tap->link().mtu;
  }
  if (changed.rule != port.spec.rule) {
    port.home->engine->set_port_rule(port.index, changed.rule);
  }
  if (spec.worker && *spec.worker != port.home->engine->worker_of(port.index)) {
    port.home->engine->move_port(port.index, *spec.worker);
  }
  port.spec = std::move(changed);
  forget_static_beyond_vlans(port);
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

void Network::remove_port(RunningPort& port) {
  const RunningPort removed = std::move(port);
  removed.home->engine->remove_port(removed.index);
  std::erase_if(removed.home->spec.static_entries,
                [&](const config::StaticEntry& entry) { return entry.port == removed.spec.name; });
  removed.home->port_names.erase(removed.index);
  ports_.erase(removed.spec.name);
}

void Network::follow_mtu(RunningPort& port) {
  const std::uint64_t drops =
      port.totals().drops[static_cast<std::size_t>(DropReason::mtu_exceeded)];
  if (std::exchange(port.seen_mtu_drops, drops) == drops || port.is_lost) {
    return;
  }
  const LinkStatus link = port.tap->link();
  if (link.mtu != 0 && link.mtu != port.spec.rule.mtu) {
    port.spec.rule.mtu = link.mtu;
    port.home->engine->set_port_rule(port.index, port.spec.rule);
  }
}

}  // namespace tapswitch::api
