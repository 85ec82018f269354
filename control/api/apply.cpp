// SPDX-License-Identifier: Apache-2.0
#include "control/api/apply.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "control/rpc/error.hpp"
#include "switch/ports/close_together.hpp"

namespace tapswitch::api {

using config::PortSpec;
using RunningPort = Network::RunningPort;

namespace {

Station station_of(const config::StaticEntry& entry) {
  return {.vid = entry.vlan, .mac = entry.mac};
}

class Application {
 public:
  explicit Application(Network& network) : network_(network) {}

  void take(const config::Step& step) {
    std::visit([this](const auto& action) { take_action(action); }, step.action);
  }

  // The end of ports that nobody has taken over.
  void close_parked() {
    std::vector<std::unique_ptr<Port>> ports;
    for (auto& [claim, parked] : parked_) {
      ports.push_back(std::move(parked.opened.port));
    }
    parked_.clear();
    close_together(std::move(ports));
  }

  // In reverse order; returns what could not be taken back.
  std::vector<std::string> take_back() {
    std::vector<std::string> faults;
    while (!undo_.empty()) {
      const auto step = std::move(undo_.back());
      undo_.pop_back();
      try {
        step();
      } catch (const std::exception& error) {
        faults.emplace_back(error.what());
      }
    }
    return faults;
  }

 private:
  // A port that is off its switch. It is null once another has taken its place.
  struct Parked {
    config::FarEnd far_end;
    network::OpenedPort opened;
    network::EndEstate estate;
  };

  // Returns what only one port can have; of a port to which that does not apply, its name.
  static std::string claim_of(const PortSpec& spec) {
    const auto claim = config::claim_of(spec.far_end);
    return claim ? claim->name : "port '" + spec.name + "'";
  }

  static std::vector<config::StaticEntry> static_entries_of(const RunningPort& port) {
    auto entries = port.home->spec.static_entries;
    std::erase_if(entries, [&](const auto& entry) { return entry.port != port.spec.name; });
    return entries;
  }

  void add_all(RunningPort& port, const std::vector<config::StaticEntry>& entries) {
    for (const config::StaticEntry& entry : entries) {
      network_.add_static(port, station_of(entry));
    }
  }

  void park(const std::string& name) {
    RunningPort& running = network_.find_port(name);
    std::string claim = claim_of(running.spec);
    Parked parked{.far_end = running.spec.far_end, .opened = {}, .estate = {}};
    parked.opened = network_.remove_port(running);
    parked.estate = parked.opened.end->leave(parked.far_end);
    parked_.insert_or_assign(std::move(claim), std::move(parked));
  }

  // Opens a port, in the place of one that is parked if that is the same.
  RunningPort& open(const std::string& home, const PortSpec& spec) {
    const auto found = parked_.find(claim_of(spec));
    if (found != parked_.end() && found->second.opened.port) {
      // The kernel lets one at a time have it.
      make_way(found->second, spec.far_end);
    }
    return network_.add_port(network_.find_switch(home), spec);
  }

  static void make_way(Parked& parked, const config::FarEnd& next) {
    if (parked.opened.end->makes_way(parked.far_end, next)) {
      parked.opened.end.reset();
      parked.opened.port.reset();
    }
  }

  // The part of taking over that may fail when the port is there already.
  void settle(RunningPort& port) {
    const auto found = parked_.find(claim_of(port.spec));
    if (found != parked_.end()) {
      const Parked parked = std::move(found->second);
      parked_.erase(found);
      port.end->settle(port.spec.far_end, parked.estate);
    }
  }

  void take_action(const config::RemovePort& action) {
    const RunningPort& running = network_.find_port(action.name);
    const auto entries = static_entries_of(running);
    std::function<RunningPort&()> open_again = as_it_was(action.home, running);
    park(action.name);
    undo_.emplace_back([this, open_again, entries] { add_all(open_again(), entries); });
  }

  // Returns what makes the port that 'running' is once more, also in what was not said about it.
  std::function<RunningPort&()> as_it_was(const std::string& home, const RunningPort& running) {
    if (config::is_passed(running.spec.far_end)) {
      return [this, home, spec = running.spec]() -> RunningPort& {
        Parked& parked = parked_.at(claim_of(spec));
        return network_.attach_port(network_.find_switch(home), spec, std::move(parked.opened));
      };
    }
    return [this, home, old = running.spec,
            before = running.end->remember(running.spec.far_end)]() -> RunningPort& {
      PortSpec spec = old;
      spec.far_end = before.far_end;
      RunningPort& port = open(home, spec);
      port.spec.far_end = old.far_end;
      settle(port);
      if (before.has_all_of_it) {
        network_.restore_end(port, before);
      }
      return port;
    };
  }

  void take_action(const config::RemoveSwitch& action) {
    Network::RunningSwitch& home = network_.find_switch(action.name);
    const config::SwitchSpec old = home.spec;
    network_.remove_switch(home, false);
    undo_.emplace_back([this, old] {
      config::SwitchSpec bare = old;
      bare.static_entries.clear();  // they come with their ports
      network_.add_switch(bare);
    });
  }

  void take_action(const config::AddSwitch& action) {
    network_.add_switch(action.spec);
    undo_.emplace_back([this, name = action.spec.name] {
      network_.remove_switch(network_.find_switch(name), false);
    });
  }

  void take_action(const config::SetSwitch& action) {
    Network::RunningSwitch& home = network_.find_switch(action.spec.name);
    const config::SwitchSpec old = home.spec;
    config::SwitchSpec spec = home.spec;
    spec.ageing = action.spec.ageing;
    spec.rule = action.spec.rule;
    network_.set_switch(home, spec);
    undo_.emplace_back([this, old] {
      Network::RunningSwitch& changed = network_.find_switch(old.name);
      config::SwitchSpec back = changed.spec;
      back.ageing = old.ageing;
      back.rule = old.rule;
      network_.set_switch(changed, back);
    });
  }

  void take_action(const config::AddPort& action) {
    RunningPort& port = open(action.home, action.spec);
    undo_.emplace_back(
        [this, name = action.spec.name] { network_.take_back_port(network_.find_port(name)); });
    settle(port);
  }

  void take_action(const config::SetPort& action) {
    RunningPort& port = network_.find_port(action.spec.name);
    const PortSpec old = port.spec;
    std::optional<network::EndMemory> before;
    if (!action.change.empty()) {
      before = port.end->remember(old.far_end);
    }
    PortSpec wanted = action.spec;
    wanted.rule.mtu = port.spec.rule.mtu;
    const auto entries = static_entries_of(port);
    network_.set_port(port, wanted, action.change);
    undo_.emplace_back([this, old, before, entries] {
      RunningPort& changed = network_.find_port(old.name);
      PortSpec back = old;
      back.rule.mtu = changed.spec.rule.mtu;
      network_.set_port(changed, back, {});
      add_all(changed, entries);
      if (before) {
        network_.restore_end(changed, *before);
      }
    });
  }

  void take_action(const config::NameVlan& action) {
    Network::RunningSwitch& home = network_.find_switch(action.home);
    const auto found = home.spec.vlan_names.find(action.vid);
    const auto old =
        found == home.spec.vlan_names.end() ? std::nullopt : std::optional(found->second);
    network_.name_vlan(home, action.vid, action.name);
    undo_.emplace_back([this, action, old] {
      network_.name_vlan(network_.find_switch(action.home), action.vid, old);
    });
  }

  void take_action(const config::RemoveStatic& action) {
    network_.remove_station(network_.find_switch(action.home), station_of(action.entry));
    undo_.emplace_back([this, action] {
      network_.add_static(network_.find_port(action.entry.port), station_of(action.entry));
    });
  }

  void take_action(const config::AddStatic& action) {
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

  Network& network_;
  std::map<std::string, Parked> parked_;  // by their claims
  std::vector<std::function<void()>> undo_;
};

std::string text_of(const config::Step& step) {
  std::string text;
  for (const config::PlanLine& line : step.lines) {
    text += (text.empty() ? "" : ", ") + line.text;
  }
  return text;
}

// Why 'step' was not taken. Whatever that was: what could not be undone is said.
rpc::Error refusal_of(const config::Step& step, const std::vector<std::string>& faults,
                      rpc::ErrorKind kind, const char* why, Json data) {
  data["step"] = text_of(step);
  if (!faults.empty()) {
    data["not_undone"] = faults;
  }
  return {kind,
          fmt::format("{}: {}; {}", text_of(step), why,
                      faults.empty() ? "nothing is changed"
                                     : fmt::format("and this could not be undone: {}",
                                                   fmt::join(faults, "; "))),
          std::move(data)};
}

}  // namespace

void carry_out(Network& network, const std::vector<config::Step>& steps) {
  const std::uint64_t before = network.revision();
  network.begin_composed_change();
  Application application(network);
  const config::Step* at = nullptr;
  const auto take_back = [&] {
    auto faults = application.take_back();
    network.set_revision(faults.empty() ? before : before + 1);
    return faults;
  };
  try {
    for (const config::Step& step : steps) {
      at = &step;
      application.take(step);
    }
    network.commit();
  } catch (const rpc::Error& error) {
    throw refusal_of(*at, take_back(), error.kind(), error.what(), error.to_json()["data"]);
  } catch (const std::bad_alloc&) {
    throw refusal_of(*at, take_back(), rpc::ErrorKind::limit_reached, rpc::no_memory,
                     Json::object());
  } catch (const std::exception& error) {
    network.tell_operator(fmt::format("bug: {} failed: {}", text_of(*at), error.what()));
    throw refusal_of(*at, take_back(), rpc::ErrorKind::internal_error,
                     "internal error; the daemon's log says more", Json::object());
  }
  application.close_parked();
  network.set_revision(steps.empty() ? before : before + 1);
}

}  // namespace tapswitch::api
