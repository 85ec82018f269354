// SPDX-License-Identifier: Apache-2.0
#include "control/api/application.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <variant>

namespace tapswitch::api {

using config::PortSpec;
using RunningPort = Network::RunningPort;

namespace {

Station station_of(const config::StaticEntry& entry) {
  return {.vid = entry.vlan, .mac = entry.mac};
}

// Returns what only one port can have; of a port to which that does not apply, its name.
std::string claim_of(const PortSpec& spec) {
  const auto claim = config::claim_of(spec.far_end);
  return claim ? claim->name : "port '" + spec.name + "'";
}

std::vector<config::StaticEntry> static_entries_of(const RunningPort& port) {
  std::vector<config::StaticEntry> entries;
  std::ranges::copy_if(port.home->spec.static_entries, std::back_inserter(entries),
                       [&](const auto& entry) { return entry.port == port.spec.name; });
  return entries;
}

}  // namespace

bool Application::take(const config::Step& step) {
  if (!std::holds_alternative<config::RemovePort>(step.action) && see_off_one()) {
    return false;
  }
  std::visit([this](const auto& action) { take_action(action); }, step.action);
  return true;
}

bool Application::see_off_one() {
  if (dismissed_.empty()) {
    return false;
  }
  if (!are_brought_) {
    network_.bring();
    are_brought_ = true;
  }
  const std::string name = std::move(dismissed_.front());
  dismissed_.pop_front();
  park(name);
  return true;
}

bool Application::take_back(std::vector<std::string>& faults) {
  if (undo_.empty()) {
    return false;
  }
  const auto step = std::move(undo_.back());
  undo_.pop_back();
  try {
    step();
  } catch (const std::exception& error) {
    faults.emplace_back(error.what());
  }
  return true;
}

bool Application::close_parked() {
  if (!closing_) {
    std::vector<std::unique_ptr<Port>> ports;
    for (auto& [claim, parked] : parked_) {
      ports.push_back(std::move(parked.opened.port));
    }
    parked_.clear();
    closing_.emplace(std::move(ports));
  }
  return closing_->is_over_soon();
}

void Application::add_all(RunningPort& port, const std::vector<config::StaticEntry>& entries) {
  for (const config::StaticEntry& entry : entries) {
    network_.add_static(port, station_of(entry));
  }
}

void Application::park(const std::string& name) {
  RunningPort& running = network_.find_port(name);
  std::string claim = claim_of(running.spec);
  Parked parked{.far_end = running.spec.far_end, .opened = {}, .estate = {}};
  parked.opened = network_.remove_port(running);
  parked.estate = parked.opened.end->leave(parked.far_end);
  parked_.insert_or_assign(std::move(claim), std::move(parked));
}

// Opens a port, in the place of one that is parked if that is the same.
RunningPort& Application::open(const std::string& home, const PortSpec& spec, Unopened unopened) {
  const auto found = parked_.find(claim_of(spec));
  if (found != parked_.end() && found->second.opened.port) {
    // The kernel lets one at a time have it.
    make_way(found->second, spec.far_end);
  }
  Network::RunningSwitch& running = network_.find_switch(home);
  return unopened == Unopened::awaited ? network_.add_port_or_await(running, spec)
                                       : network_.add_port(running, spec);
}

void Application::make_way(Parked& parked, const config::FarEnd& next) {
  if (parked.opened.end->makes_way(parked.far_end, next)) {
    parked.opened.end.reset();
    parked.opened.port.reset();
  }
}

// The part of taking over that may fail when the port is there already.
void Application::settle(RunningPort& port) {
  const auto found = parked_.find(claim_of(port.spec));
  if (found != parked_.end()) {
    const Parked parked = std::move(found->second);
    parked_.erase(found);
    port.end->settle(port.spec.far_end, parked.estate);
  }
}

void Application::take_action(const config::RemovePort& action) {
  const RunningPort& running = network_.find_port(action.name);
  const auto entries = static_entries_of(running);
  std::function<RunningPort&()> open_again = as_it_was(action.home, running);
  undo_.emplace_back([this, name = action.name, open_again, entries] {
    if (!dismissed_.empty() && dismissed_.back() == name) {
      dismissed_.pop_back();
      network_.keep_port(network_.find_port(name));
    } else {
      add_all(open_again(), entries);
    }
  });
  dismissed_.push_back(action.name);
  are_brought_ = false;
  network_.dismiss_port(running);
}

// Returns what makes the port that 'running' is once more, also in what was not said about it.
std::function<RunningPort&()> Application::as_it_was(const std::string& home,
                                                     const RunningPort& running) {
  if (config::is_passed(running.spec.far_end)) {
    return [this, home, spec = running.spec]() -> RunningPort& {
      Parked& parked = parked_.at(claim_of(spec));
      return network_.attach_port(network_.find_switch(home), spec, std::move(parked.opened));
    };
  }
  const Unopened unopened = running.is_awaited ? Unopened::awaited : Unopened::refused;
  return [this, home, unopened, old = running.spec,
          before = running.end->remember(running.spec.far_end)]() -> RunningPort& {
    PortSpec spec = old;
    spec.far_end = before.far_end;
    RunningPort& port = open(home, spec, unopened);
    port.spec.far_end = old.far_end;
    settle(port);
    if (before.has_all_of_it) {
      network_.restore_end(port, before);
    }
    return port;
  };
}

void Application::take_action(const config::RemoveSwitch& action) {
  Network::RunningSwitch& home = network_.find_switch(action.name);
  const config::SwitchSpec old = home.spec;
  network_.remove_switch(home, false);
  undo_.emplace_back([this, old] {
    config::SwitchSpec bare = old;
    bare.static_entries.clear();  // they come with their ports
    network_.add_switch(bare);
  });
}

void Application::take_action(const config::AddSwitch& action) {
  network_.add_switch(action.spec);
  undo_.emplace_back([this, name = action.spec.name] {
    network_.remove_switch(network_.find_switch(name), false);
  });
}

void Application::take_action(const config::SetSwitch& action) {
  Network::RunningSwitch& home = network_.find_switch(action.spec.name);
  const config::SwitchSpec old = home.spec;
  config::SwitchSpec spec = home.spec;
  spec.ageing = action.spec.ageing;
  spec.rule = action.spec.rule;
  spec.stp = action.spec.stp;
  spec.is_wire = action.spec.is_wire;
  network_.set_switch(home, spec);
  undo_.emplace_back([this, old] {
    Network::RunningSwitch& changed = network_.find_switch(old.name);
    config::SwitchSpec back = changed.spec;
    back.ageing = old.ageing;
    back.rule = old.rule;
    back.stp = old.stp;
    back.is_wire = old.is_wire;
    network_.set_switch(changed, back);
  });
}

void Application::take_action(const config::AddPort& action) {
  RunningPort& port = open(action.home, action.spec, unopened_);
  undo_.emplace_back(
      [this, name = action.spec.name] { network_.take_back_port(network_.find_port(name)); });
  settle(port);
}

void Application::take_action(const config::SetPort& action) {
  RunningPort& port = network_.find_port(action.spec.name);
  const PortSpec old = port.spec;
  std::optional<network::EndMemory> before;
  if (!action.change.empty()) {
    before = port.end->remember(old.far_end);
  }
  network_.set_port(port, action.spec, action.change);
  undo_.emplace_back([this, old, before] {
    RunningPort& changed = network_.find_port(old.name);
    network_.set_port(changed, old, {});
    if (before) {
      network_.restore_end(changed, *before);
    }
  });
}

void Application::take_action(const config::NameVlan& action) {
  Network::RunningSwitch& home = network_.find_switch(action.home);
  const auto found = home.spec.vlan_names.find(action.vid);
  const auto old =
      found == home.spec.vlan_names.end() ? std::nullopt : std::optional(found->second);
  network_.name_vlan(home, action.vid, action.name);
  undo_.emplace_back([this, action, old] {
    network_.name_vlan(network_.find_switch(action.home), action.vid, old);
  });
}

void Application::take_action(const config::RemoveStatic& action) {
  network_.remove_station(network_.find_switch(action.home), station_of(action.entry));
  undo_.emplace_back([this, action] {
    network_.add_static(network_.find_port(action.entry.port), station_of(action.entry));
  });
}

void Application::take_action(const config::AddStatic& action) {
  const auto& entries = network_.find_switch(action.home).spec.static_entries;
  std::optional<config::StaticEntry> old;
  for (const config::StaticEntry& entry : entries) {
    if (entry.vlan == action.entry.vlan && entry.mac == action.entry.mac) {
      old = entry;
    }
  }
  network_.add_static(network_.find_port(action.entry.port), station_of(action.entry));
  undo_.emplace_back([this, action, old] {
    if (old) {
      network_.add_static(network_.find_port(old->port), station_of(*old));
    } else {
      network_.remove_station(network_.find_switch(action.home), station_of(action.entry));
    }
  });
}

void Application::take_action(const config::RemoveMirror& action) {
  Network::RunningSwitch& home = network_.find_switch(action.home);
  const config::MirrorSpec old = home.spec.mirrors.at(action.name);
  network_.remove_mirror(home, action.name);
  undo_.emplace_back(
      [this, name = action.home, old] { network_.set_mirror(network_.find_switch(name), old); });
}

void Application::take_action(const config::SetMirror& action) {
  Network::RunningSwitch& home = network_.find_switch(action.home);
  const auto found = home.spec.mirrors.find(action.spec.name);
  const auto old = found == home.spec.mirrors.end() ? std::nullopt : std::optional(found->second);
  network_.set_mirror(home, action.spec);
  undo_.emplace_back([this, home = action.home, name = action.spec.name, old] {
    Network::RunningSwitch& changed = network_.find_switch(home);
    if (old) {
      network_.set_mirror(changed, *old);
    } else {
      network_.remove_mirror(changed, name);
    }
  });
}

void Application::take_action(const config::SetSflow& action) {
  const std::optional<config::SflowSpec> old = network_.sflow();
  network_.sampling().set(action.spec);
  undo_.emplace_back([this, old] { network_.sampling().set(old); });
}

}  // namespace tapswitch::api
