// SPDX-License-Identifier: Apache-2.0
#include "control/api/network.hpp"

#include <algorithm>
#include <utility>

#include "control/api/kernel_refusal.hpp"
#include "control/api/tap_options.hpp"
#include "control/api/undo.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {

using config::PortSpec;
using config::StaticEntry;
using config::SwitchSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// How much of an FDB is swept for aged entries in one tick, so that a large one delays nobody.
constexpr std::size_t slots_a_tick = 65'536;

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

Network::Network(const Threads& threads, Post post, Notice notice)
    : post_(std::move(post)),
      notice_(std::move(notice)),
      pool_(threads.worker_count, threads.busy_poll) {}

Network::~Network() = default;

LinkStatus Network::RunningPort::link(LinkReader& reader) const { return tap->read_link(reader); }

std::vector<const Network::RunningPort*> Network::ports_of(const RunningSwitch& home) const {
  std::vector<const RunningPort*> found;
  for (const auto& [name, port] : ports_) {
    if (port.home == &home) {
      found.push_back(&port);
    }
  }
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

void Network::check_add_switch(const SwitchSpec& spec) const {
  if (switches_.contains(spec.name)) {
    throw taken("switch", spec.name);
  }
  if (switches_.size() == max_switches) {
    throw Error(ErrorKind::limit_reached,
                "there are " + std::to_string(max_switches) + " switches already",
                {{"limit", max_switches}});
  }
}

Network::RunningSwitch& Network::add_switch(const SwitchSpec& spec) {
  check_add_switch(spec);
  const SwitchOptions options{
      .fdb_capacity = spec.fdb_capacity, .ageing = spec.ageing, .rule = spec.rule};
  // A worker says that a port is lost; the control thread looks after it.
  auto on_lost = [this, alive = std::weak_ptr(alive_), name = spec.name](PortIndex index) {
    post_([this, alive, name, index] {
      if (!alive.expired()) {
        on_port_lost(name, index);
      }
    });
  };
  // Made before it is entered: there may be no memory for a large table.
  auto engine = std::make_unique<Switch>(pool_, options, std::move(on_lost));
  RunningSwitch& added = switches_[spec.name];
  added.spec = spec;
  added.engine = std::move(engine);
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
    home.engine->set_rule(spec.rule);
  }
  home.spec = spec;
}

void Network::check_remove_switch(const RunningSwitch& home, bool force) const {
  if (!force && !home.port_names.empty()) {
    throw Error(ErrorKind::in_use,
                "switch '" + home.spec.name + "' has " + std::to_string(home.port_names.size()) +
                    " ports: remove them first, or say force",
                {{"object", home.spec.name}, {"ports", home.port_names.size()}});
  }
}

void Network::remove_switch(RunningSwitch& home, bool force) {
  check_remove_switch(home, force);
  std::erase_if(ports_, [&home](const auto& entry) { return entry.second.home == &home; });
  const std::string name = home.spec.name;
  switches_.erase(name);
}

void Network::check_add_static(const RunningPort& port, Station station) {
  if (!port.spec.rule.vlan.carries(station.vid)) {
    throw rpc::invalid_params(
        {{"vlan",
          "port '" + port.spec.name + "' does not carry VLAN " + std::to_string(station.vid),
          "a VLAN of the port"}});
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
  std::erase_if(entries, [&](const StaticEntry& entry) {
    return entry.vlan == station.vid && entry.mac == station.mac;
  });
  entries.push_back({.vlan = station.vid, .mac = station.mac, .port = port.spec.name});
  std::sort(entries.begin(), entries.end(), [](const StaticEntry& left, const StaticEntry& right) {
    return std::pair(left.vlan, left.mac) < std::pair(right.vlan, right.mac);
  });
}

void Network::check_remove_station(const RunningSwitch& home, Station station) {
  if (!home.engine->fdb().find(station, std::chrono::steady_clock::now())) {
    throw no_such("station", station.mac.to_string());
  }
}

void Network::remove_station(RunningSwitch& home, Station station) {
  check_remove_station(home, station);
  home.engine->fdb().remove(station);
  std::erase_if(home.spec.static_entries, [&](const StaticEntry& entry) {
    return entry.vlan == station.vid && entry.mac == station.mac;
  });
}

std::size_t Network::flush(RunningSwitch& home, const Fdb::Filter& filter) {
  if (filter.kind != StationKind::dynamic_entry) {
    const std::string* port = filter.port ? port_name(home, *filter.port) : nullptr;
    std::erase_if(home.spec.static_entries, [&](const StaticEntry& entry) {
      return (port == nullptr || entry.port == *port) && (!filter.vid || entry.vlan == *filter.vid);
    });
  }
  return home.engine->fdb().flush(filter);
}

SwitchSpec Network::spec_of(const RunningSwitch& home) const {
  SwitchSpec spec = home.spec;
  for (const RunningPort* port : ports_of(home)) {
    spec.ports.push_back(port->spec);
  }
  return spec;
}

void Network::tick(TimePoint now) {
  for (auto& [name, running] : switches_) {
    running.engine->fdb().expire(now, slots_a_tick);
  }
  for (auto& [name, port] : ports_) {
    follow_mtu(port);
  }
}

void Network::on_port_lost(const std::string& switch_name, PortIndex index) {
  const auto home = switches_.find(switch_name);
  if (home == switches_.end()) {
    return;
  }
  const std::string* name = port_name(home->second, index);
  if (name == nullptr) {
    return;
  }
  RunningPort& port = ports_.at(*name);
  // The index may have gone to another port while the word was on its way.
  if (port.tap->link().is_present) {
    return;
  }
  port.is_lost = true;
  port.home->engine->fdb().flush({.port = index, .kind = StationKind::dynamic_entry});
}

}  // namespace tapswitch::api
