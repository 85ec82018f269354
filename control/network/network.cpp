// SPDX-License-Identifier: Apache-2.0
#include "control/network/network.hpp"

#include <algorithm>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "control/network/memory.hpp"
#include "control/network/patch_ends.hpp"
#include "control/network/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using config::PortSpec;
using config::StaticEntry;
using config::SwitchSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// How much of an FDB is swept for aged entries in one tick, and in one turn of it, so that a large
// one delays nobody.
constexpr std::size_t slots_a_tick = 65'536;
constexpr std::size_t slots_a_turn = 8'192;

// A table for no more stations is made without asking whether there is memory for it.
constexpr std::size_t unquestioned_capacity = 256;

Error taken(const char* what, const std::string& name) {
  return {ErrorKind::already_exists,
          std::string("there is a ") + what + " '" + name + "' already",
          {{"object", name}}};
}

Error no_room(const Fdb& fdb) {
  return {
      ErrorKind::limit_reached, "the forwarding database has no room", {{"limit", fdb.capacity()}}};
}

}  // namespace

Network::Network(const Threads& threads, Post post, events::EventHub& events, Notice notice)
    : post_(std::move(post)),
      announcer_(events, std::move(notice)),
      pool_(threads.worker_count, threads.busy_poll),
      conditioning_(inventory_,
                    [this](const RunningPort& port) {
                      const std::size_t worker = port.home->engine->worker_of(port.index);
                      pool_.run_on(pool_.worker(worker), [](Worker&) {});
                    }),
      changes_(inventory_, announcer_),
      station_news_(inventory_, events),
      link_watch_(announcer_),
      wires_(inventory_, changes_, announcer_),
      trees_(inventory_, announcer_),
      punts_(inventory_, [this](const RunningPort& port,
                                const PuntedFrame& frame) { trees_.hear(port, frame); }),
      links_({.inventory = inventory_,
              .watch = link_watch_,
              .wires = wires_,
              .trees = trees_,
              .claims = claims_,
              .changes = changes_,
              .station_news = station_news_,
              .announcer = announcer_},
             [this](RunningPort& guest) { remove_port(guest); }),
      guests_(inventory_, changes_, announcer_,
              [this](RunningPort&& added, OpenedPort& opened) { enter(std::move(added), opened); }),
      plugs_(
          {.inventory = inventory_, .links = links_, .announcer = announcer_},
          [this](const auto& home, const auto& spec) { return open(home, spec); },
          [this](RunningPort& port, OpenedPort opened) { exchange(port, opened); }),
      reopening_(
          {.inventory = inventory_, .links = links_, .wires = wires_, .announcer = announcer_},
          [this](const auto& home, const auto& spec) { return plugs_.open(home, spec); },
          [this](RunningPort& port, OpenedPort& opened) { exchange(port, opened); }),
      mirrors_(inventory_, changes_),
      storms_(inventory_, announcer_),
      port_numbers_(inventory_),
      onlookers_(inventory_),
      sampling_({.inventory = inventory_,
                 .changes = changes_,
                 .announcer = announcer_,
                 .onlookers = onlookers_},
                pool_.count(), post_) {
  value_or_refuse(reception_.add(station_news_.bell(), [this] { station_news_.tell_rung(); }));
  value_or_refuse(reception_.add(punts_.bell(), [this] { punts_.take_rung(); }));
  value_or_refuse(reception_.add(trees_.timer(), [this] { trees_.on_timer(); }));
}

void Network::use_path(KernelResult<std::unique_ptr<KernelPath>> path) {
  if (!path) {
    path_refusal_ = path.error().message();
    tell_operator("no kernel path, frames go by way of the workers: " + *path_refusal_);
    return;
  }
  path_ = std::move(*path);
  path_refusal_.reset();
  pool_.adopters().add(*path_);
}

Network::~Network() = default;

void Network::set_revision(std::uint64_t revision) {
  const bool is_other = changes_.end(revision);
  wires_.follow_all();
  trees_.follow_awaited();
  while (changes_.tell_some()) {
  }
  sampling_.follow();
  if (is_other) {
    announcer_.tell_revision(revision);
  }
}

void Network::check_add_switch(const SwitchSpec& spec) const {
  if (inventory_.switches().contains(spec.name)) {
    throw taken("switch", spec.name);
  }
  if (inventory_.switches().size() == max_switches) {
    throw Error(ErrorKind::limit_reached,
                "there are " + std::to_string(max_switches) + " switches already",
                {{"limit", max_switches}});
  }
  if (spec.fdb_capacity > unquestioned_capacity) {
    check_memory(Fdb::memory_of(spec.fdb_capacity), "the table of switch '" + spec.name + "'");
  }
}

RunningSwitch& Network::add_switch(const SwitchSpec& spec) {
  check_add_switch(spec);
  const SwitchOptions options{
      .fdb_capacity = spec.fdb_capacity, .ageing = spec.ageing, .rule = rule_in_switch(spec)};
  // A worker says that the other end of a port has come or gone; the control thread looks there.
  auto on_news = [this, alive = std::weak_ptr(alive_), name = spec.name](PortIndex index) {
    post_([this, alive, name, index] {
      if (!alive.expired()) {
        links_.on_port_news(name, index);
      }
    });
  };
  // Made before it is entered: there may be no memory for it.
  RunningSwitch made{.spec = spec,
                     .engine = std::make_unique<Switch>(pool_, options, std::move(on_news),
                                                        punts_.take_up(spec.name)),
                     .port_names = {},
                     .path = path_.get(),
                     .path_refusal = path_refusal_.value_or("")};
  RunningSwitch& added =
      inventory_.switches().try_emplace(spec.name, std::move(made)).first->second;
  changes_.include(added);
  station_news_.take_up(added);
  trees_.follow(added);
  announcer_.tell(added, "added");
  changes_.on_configured();
  return added;
}

void Network::check_set_switch(const RunningSwitch& home, const SwitchSpec& spec) const {
  if (home.spec.fdb_capacity != spec.fdb_capacity) {
    throw Error(ErrorKind::unsupported,
                "the capacity of a switch is fixed when it is added: remove it and add it anew",
                {{"field", "fdb.capacity"}});
  }
  if (home.spec.stp.is_on && !spec.stp.is_on) {
    check_without_tree(inventory_, home);
  }
}

void Network::set_switch(RunningSwitch& home, const SwitchSpec& spec) {
  check_set_switch(home, spec);
  home.engine->fdb().set_ageing(spec.ageing);
  if (const SwitchRule rule = rule_in_switch(spec); rule_in_switch(home.spec) != rule) {
    changes_.keep_rule(home);
    home.engine->set_rule(rule);
  }
  home.spec = spec;
  wires_.follow(home);
  trees_.follow(home);
  changes_.tell(home);
  changes_.on_configured();
}

void Network::check_remove_switch(const RunningSwitch& home, bool force) const {
  if (!force && !home.port_names.empty()) {
    throw Error(ErrorKind::in_use,
                "switch '" + home.spec.name + "' has " + std::to_string(home.port_names.size()) +
                    " ports: remove them first, or say force",
                {{"object", home.spec.name}, {"ports", home.port_names.size()}});
  }
}

std::vector<std::unique_ptr<Port>> Network::remove_switch(RunningSwitch& home, bool force) {
  check_remove_switch(home, force);
  station_news_.tell(home);
  for (const RunningPort* port : ports_of(home)) {
    announcer_.tell(*port, "removed");
  }
  announcer_.tell(home, "removed");
  for (const auto& [index, port_name] : home.port_names) {
    const auto removed = inventory_.ports().find(port_name);
    reception_.remove(removed->second.end->bell());
    link_watch_.forget(port_name);
    reopening_.forget(port_name);
    claims_.release(port_name);
    inventory_.ports().erase(removed);
  }
  std::vector<std::unique_ptr<Port>> ports = home.engine->take_ports();
  station_news_.forget(home);
  const std::string name = home.spec.name;
  trees_.forget(name);
  punts_.forget(name);
  inventory_.switches().erase(name);
  changes_.on_configured();
  return ports;
}

void Network::name_vlan(RunningSwitch& home, VlanId vid, const std::optional<std::string>& name) {
  if (name) {
    home.spec.vlan_names[vid] = *name;
  } else {
    home.spec.vlan_names.erase(vid);
  }
  announcer_.tell_vlan(home, vid, name);
  changes_.on_configured();
}

void Network::check_add_static(const RunningPort& port, Station station) {
  if (port.end->is_door() || port.is_guest()) {
    throw rpc::invalid_params({{"port", "guests come and go by themselves",
                                "a port that is neither a guest nor its door"}});
  }
  if (const Fdb& fdb = port.home->engine->fdb(); !fdb.has_room_for_static(station)) {
    throw no_room(fdb);
  }
}

void Network::add_static(RunningPort& port, Station station) {
  check_add_static(port, station);
  Fdb& fdb = port.home->engine->fdb();
  // Stations learned since the check may have taken the last place.
  if (!fdb.add_static(station, port.index)) {
    throw no_room(fdb);
  }
  auto& entries = port.home->spec.static_entries;
  const StaticEntry added{.vlan = station.vid, .mac = station.mac, .port = port.spec.name};
  const auto precedes = [](const StaticEntry& left, const StaticEntry& right) {
    return std::pair(left.vlan, left.mac) < std::pair(right.vlan, right.mac);
  };
  const auto at = std::lower_bound(entries.begin(), entries.end(), added, precedes);
  if (at != entries.end() && !precedes(added, *at)) {
    *at = added;
  } else {
    entries.insert(at, added);
  }
  changes_.on_configured();
}

void Network::check_remove_station(const RunningSwitch& home, Station station) {
  if (!home.engine->fdb().find(station, std::chrono::steady_clock::now())) {
    throw no_such("station", station.mac.to_string());
  }
}

void Network::remove_station(RunningSwitch& home, Station station) {
  check_remove_station(home, station);
  home.engine->fdb().remove(station);
  // A station that was learned is not configured: its end is no change.
  if (std::erase_if(home.spec.static_entries, [&](const StaticEntry& entry) {
        return entry.vlan == station.vid && entry.mac == station.mac;
      }) > 0) {
    changes_.on_configured();
  }
}

std::size_t Network::flush(RunningSwitch& home, const Fdb::Filter& filter) {
  if (filter.kind != StationKind::dynamic_entry) {
    const std::string* port = filter.port ? home.port_name(*filter.port) : nullptr;
    if (std::erase_if(home.spec.static_entries, [&](const StaticEntry& entry) {
          return (port == nullptr || entry.port == *port) &&
                 (!filter.vid || entry.vlan == *filter.vid);
        }) > 0) {
      changes_.on_configured();
    }
  }
  return home.engine->fdb().flush(filter);
}

void Network::set_mirror(RunningSwitch& home, const config::MirrorSpec& spec) {
  mirrors_.set(home, spec);
  trees_.follow_ports(home);
}

void Network::remove_mirror(RunningSwitch& home, const std::string& name) {
  mirrors_.remove(home, name);
  trees_.follow_ports(home);
}

void Network::tick(TimePoint now) {
  for (auto& [name, running] : inventory_.switches()) {
    station_news_.tell_limits(running);
  }
  if (path_) {
    path_->tick();
  }
  in_turns([this, now, left = slots_a_tick]() mutable {
    for (auto& [name, running] : inventory_.switches()) {
      running.engine->fdb().expire(now, slots_a_turn);
    }
    left -= slots_a_turn;
    return left > 0;
  });
  in_turns([this] { return links_.poll_some(); });
  in_turns([this, now] { return storms_.look_at_some(now); });
  conditioning_.tick();
  sampling_.tick(now);
  reopen_lost(now);
}

void Network::reopen_lost(TimePoint now) {
  in_turns([this, now] { return reopening_.reopen_some(now); });
}

void Network::in_turns(std::function<bool()> some) {
  if (has_let_go_ || !some()) {
    return;
  }
  post_([this, alive = std::weak_ptr(alive_), some = std::move(some)]() mutable {
    if (!alive.expired()) {
      in_turns(std::move(some));
    }
  });
}

void Network::attend() {
  if (!has_let_go_) {
    reception_.attend();
  }
}

void Network::let_go() {
  has_let_go_ = true;
  if (path_) {
    path_->pause();
  }
  for (const auto& [name, running] : inventory_.switches()) {
    running.engine->stop_receiving();
  }
  for (const auto& [name, port] : inventory_.ports()) {
    port.end->leave_to_other(true);
  }
}

void Network::hold_on() {
  if (std::exchange(has_let_go_, false)) {
    for (const auto& [name, running] : inventory_.switches()) {
      if (const auto begun = running.engine->begin_receiving(); !begun) {
        announcer_.tell_operator(begun.error().message());
      }
    }
    own_ends();
  }
}

void Network::own_ends() {
  for (const auto& [name, port] : inventory_.ports()) {
    port.end->leave_to_other(false);
  }
  if (path_) {
    path_->resume();
  }
}

}  // namespace tapswitch::network
