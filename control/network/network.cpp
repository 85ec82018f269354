// SPDX-License-Identifier: Apache-2.0
#include "control/network/network.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "control/network/memory.hpp"
#include "control/network/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

using config::PortSpec;
using config::StaticEntry;
using config::SwitchSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// How much of an FDB is swept for aged entries in one tick, so that a large one delays nobody.
constexpr std::size_t slots_a_tick = 65'536;

// A table for no more stations is made without asking whether there is memory for it.
constexpr std::size_t unquestioned_capacity = 256;

Error no_such(const char* what, const std::string& name) {
  return {ErrorKind::not_found,
          std::string("there is no ") + what + " '" + name + "'",
          {{"object", name}}};
}

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
      events_(events),
      notice_(std::move(notice)),
      pool_(threads.worker_count, threads.busy_poll),
      news_bell_(std::make_shared<const Bell>()) {
  if (!news_bell_->is_open()) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  value_or_refuse(reception_.add(news_bell_->descriptor(), [this] { tell_all_stations(); }));
  if (auto monitor = LinkMonitor::open()) {
    monitor_.emplace(std::move(*monitor));
  } else {
    notice_("changes of interfaces are noticed once a second only: " + monitor.error().message());
  }
  events_.on_interest([this](events::Topic topic, bool is_wanted) {
    for (auto& [name, running] : switches_) {
      if (topic == events::Topic::stations) {
        report_stations(running, is_wanted);
      }
    }
  });
}

void Network::use_path(KernelResult<std::unique_ptr<KernelPath>> path) {
  if (!path) {
    path_refusal_ = path.error().message();
    notice_("no kernel path, frames go by way of the workers: " + *path_refusal_);
    return;
  }
  path_ = std::move(*path);
  path_refusal_.reset();
  pool_.adopters().add(*path_);
}

Network::~Network() { events_.on_interest({}); }

LinkStatus Network::RunningPort::link(LinkReader& reader) const { return port->read_link(reader); }

// The kernel is asked for nothing else of interfaces in our own namespace, and for all at once.
KernelDrops Network::RunningPort::drops(LinkReader& reader) const {
  const bool is_in_ours = link_key && link_key->name_space == LinkKey::ours;
  return port->read_drops(reader, is_in_ours ? std::optional(link_key->index) : std::nullopt);
}

std::optional<std::string> Network::RunningPort::path_refusal() const {
  return home->path == nullptr ? "there is no kernel path"
                               : home->path->refusal(home->engine->id(), index);
}

std::string_view Network::RunningPort::state(const LinkStatus& link) const {
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

std::vector<const Network::RunningPort*> Network::ports_of(const RunningSwitch& home) const {
  std::vector<const RunningPort*> found;
  found.reserve(home.port_names.size());
  for (const auto& [index, name] : home.port_names) {
    found.push_back(&ports_.at(name));
  }
  std::ranges::sort(found, {},
                    [](const RunningPort* port) -> const std::string& { return port->spec.name; });
  return found;
}

Network::RunningSwitch& Network::find_switch(const std::optional<std::string>& name) {
  if (name) {
    const auto found = switches_.find(*name);
    if (found == switches_.end()) {
      throw no_such("switch", *name);
    }
    return found->second;
  }
  if (switches_.empty()) {
    throw Error(ErrorKind::not_found, "there is no switch: add one first");
  }
  if (switches_.size() > 1) {
    std::string names;
    for (const auto& [switch_name, running] : switches_) {
      names += (names.empty() ? "" : ", ") + switch_name;
    }
    throw rpc::invalid_params({{"switch", "missing, and there are several switches", names}});
  }
  return switches_.begin()->second;
}

Network::RunningPort& Network::find_port(const std::string& name) {
  const auto found = ports_.find(name);
  if (found == ports_.end()) {
    throw no_such("port", name);
  }
  return found->second;
}

const std::string* Network::port_name(const RunningSwitch& home, PortIndex index) const {
  const auto& names = home.port_names;
  const auto found = names.find(index);
  return found == names.end() ? nullptr : &found->second;
}

void Network::check_revision(std::optional<std::int64_t> expected) const {
  if (expected && std::cmp_not_equal(*expected, revision_)) {
    throw Error(ErrorKind::conflict,
                "the configuration has changed: it is of revision " + std::to_string(revision_) +
                    ", not " + std::to_string(*expected),
                {{"revision", revision_}, {"if_revision", *expected}});
  }
}

void Network::check_add_switch(const SwitchSpec& spec) const {
  if (switches_.contains(spec.name)) {
    throw taken("switch", spec.name);
  }
  if (switches_.size() == max_switches) {
    throw Error(ErrorKind::limit_reached,
                "there are " + std::to_string(max_switches) + " switches already",
                {{"limit", max_switches}});
  }
  if (spec.fdb_capacity > unquestioned_capacity) {
    check_memory(Fdb::memory_of(spec.fdb_capacity), "the table of switch '" + spec.name + "'");
  }
}

Network::RunningSwitch& Network::add_switch(const SwitchSpec& spec) {
  check_add_switch(spec);
  const SwitchOptions options{
      .fdb_capacity = spec.fdb_capacity, .ageing = spec.ageing, .rule = spec.rule};
  // A worker says that the other end of a port has come or gone; the control thread looks there.
  auto on_news = [this, alive = std::weak_ptr(alive_), name = spec.name](PortIndex index) {
    post_([this, alive, name, index] {
      if (!alive.expired()) {
        on_port_news(name, index);
      }
    });
  };
  // Made before it is entered: there may be no memory for it.
  RunningSwitch made{.spec = spec,
                     .engine = std::make_unique<Switch>(pool_, options, std::move(on_news)),
                     .port_names = {},
                     .path = path_.get()};
  RunningSwitch& added = switches_.try_emplace(spec.name, std::move(made)).first->second;
  if (composed_from_) {
    added.engine->begin_change();
  }
  report_stations(added, events_.is_wanted(events::Topic::stations));
  tell(added, "added");
  on_configured();
  return added;
}

void Network::check_set_switch(const RunningSwitch& home, const SwitchSpec& spec) const {
  if (home.spec.fdb_capacity != spec.fdb_capacity) {
    throw Error(ErrorKind::unsupported,
                "the capacity of a switch is fixed when it is added: remove it and add it anew",
                {{"field", "fdb.capacity"}});
  }
}

void Network::set_switch(RunningSwitch& home, const SwitchSpec& spec) {
  check_set_switch(home, spec);
  home.engine->fdb().set_ageing(spec.ageing);
  if (home.spec.rule != spec.rule) {
    keep_rule(home);
    home.engine->set_rule(spec.rule);
  }
  home.spec = spec;
  follow_carriers(home);
  tell_changed(home);
  on_configured();
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
  tell_stations(home);
  for (const RunningPort* port : ports_of(home)) {
    tell(*port, "removed");
  }
  tell(home, "removed");
  for (const auto& [index, port_name] : home.port_names) {
    const auto removed = ports_.find(port_name);
    reception_.remove(removed->second.end->bell());
    unwatch_link(removed->second);
    release_claim(removed->second);
    ports_.erase(removed);
  }
  std::vector<std::unique_ptr<Port>> ports = home.engine->take_ports();
  const std::string name = home.spec.name;
  switches_.erase(name);
  on_configured();
  return ports;
}

void Network::name_vlan(RunningSwitch& home, VlanId vid, const std::optional<std::string>& name) {
  if (name) {
    home.spec.vlan_names[vid] = *name;
  } else {
    home.spec.vlan_names.erase(vid);
  }
  events_.publish(events::Topic::vlans, "changed", home.spec.name,
                  {{"vid", vid}, {"name", name ? Json(*name) : Json()}});
  on_configured();
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
  on_configured();
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
    on_configured();
  }
}

std::size_t Network::flush(RunningSwitch& home, const Fdb::Filter& filter) {
  if (filter.kind != StationKind::dynamic_entry) {
    const std::string* port = filter.port ? port_name(home, *filter.port) : nullptr;
    if (std::erase_if(home.spec.static_entries, [&](const StaticEntry& entry) {
          return (port == nullptr || entry.port == *port) &&
                 (!filter.vid || entry.vlan == *filter.vid);
        }) > 0) {
      on_configured();
    }
  }
  return home.engine->fdb().flush(filter);
}

config::NetworkSpec Network::configuration() const {
  if (composed_from_) {
    return configured_before_;
  }
  config::NetworkSpec network;
  for (const auto& [name, running] : switches_) {
    network.switches.emplace(name, running.spec);
  }
  for (const auto& [name, port] : ports_) {
    if (port.is_guest()) {
      continue;
    }
    network.switches.at(port.home->spec.name).ports.push_back(port.spec);
  }
  return network;
}

void Network::tick(TimePoint now) {
  for (auto& [name, running] : switches_) {
    running.engine->fdb().expire(now, slots_a_tick);
    tell_limits(running);
  }
  if (path_) {
    path_->tick();
  }
  look_at_unwatched_links();
  reopen_lost(now);
}

void Network::let_go() {
  has_let_go_ = true;
  if (path_) {
    path_->pause();
  }
  for (const auto& [name, running] : switches_) {
    running.engine->stop_receiving();
  }
  for (const auto& [name, port] : ports_) {
    port.end->leave_to_other(true);
  }
}

void Network::hold_on() {
  if (std::exchange(has_let_go_, false)) {
    for (const auto& [name, running] : switches_) {
      if (const auto begun = running.engine->begin_receiving(); !begun) {
        notice_(begun.error().message());
      }
    }
    own_ends();
  }
}

void Network::own_ends() {
  for (const auto& [name, port] : ports_) {
    port.end->leave_to_other(false);
  }
  if (path_) {
    path_->resume();
  }
}

}  // namespace tapswitch::network
