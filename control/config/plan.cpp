// SPDX-License-Identifier: Apache-2.0
#include "control/config/plan.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "control/config/difference.hpp"
#include "control/config/static_entries.hpp"

namespace tapswitch::config {
namespace {

// The name of what the port takes for itself; empty if that is nothing.
std::string claim_name(const PortSpec& port) {
  const auto claim = claim_of(port.far_end);
  return claim ? claim->name : std::string();
}

bool can_become(const SwitchSpec& running, const SwitchSpec& wanted) {
  return running.fdb_capacity == wanted.fdb_capacity;
}

SwitchSpec bare(const SwitchSpec& spec) {
  SwitchSpec without = {.name = spec.name,
                        .fdb_capacity = spec.fdb_capacity,
                        .ageing = spec.ageing,
                        .rule = spec.rule,
                        .stp = spec.stp,
                        .is_wire = spec.is_wire,
                        .vlan_names = {},
                        .ports = {},
                        .static_entries = {},
                        .mirrors = {}};
  return without;
}

const SwitchSpec* find_switch(const NetworkSpec& network, const std::string& name) {
  const auto found = network.switches.find(name);
  return found == network.switches.end() ? nullptr : &found->second;
}

// An index of one network, to look things up in.
struct Index {
  std::map<std::string, std::pair<const SwitchSpec*, const PortSpec*>> ports;

  explicit Index(const NetworkSpec& network) {
    for (const auto& [name, home] : network.switches) {
      for (const PortSpec& port : home.ports) {
        ports.emplace(port.name, std::pair(&home, &port));
      }
    }
  }
};

class Planner {
 public:
  Planner(const NetworkSpec& running, const NetworkSpec& wanted)
      : running_(running), wanted_(wanted), have_(running), want_(wanted) {}

  std::vector<Step> make() {
    sort_ports();
    remove_mirrors();
    remove_static_entries();
    remove_ports(true);
    remove_switches(true);
    make_switches();
    add_ports();
    set_ports();
    name_vlans();
    add_static_entries();
    set_mirrors();
    set_sflow();
    remove_ports(false);
    remove_switches(false);
    return std::move(steps_);
  }

 private:
  // Which ports stay, perhaps changed; all others of the running go, of the wanted come.
  void sort_ports() {
    for (const auto& [name, old] : have_.ports) {
      const auto found = want_.ports.find(name);
      if (found == want_.ports.end()) {
        continue;
      }
      const auto& [home, port] = found->second;
      if (home->name == old.first->name && stays(*old.first) &&
          config::can_become(old.second->far_end, port->far_end)) {
        staying_.insert(name);
      }
    }
    for (const auto& [name, wanted] : want_.ports) {
      if (!staying_.contains(name)) {
        coming_.insert(name);
        if (std::string claim = claim_name(*wanted.second); !claim.empty()) {
          needed_.insert(std::move(claim));
        }
        ++arrivals_[wanted.first->name];
      }
    }
  }

  [[nodiscard]] bool stays(const SwitchSpec& running) const {
    const SwitchSpec* wanted = find_switch(wanted_, running.name);
    return wanted != nullptr && can_become(running, *wanted);
  }

  // Whether the new could not come while the old is there. A patch might make a ring with new ones,
  // and what has the name of a patch's other end might not be one.
  [[nodiscard]] bool is_in_the_way(const SwitchSpec& home, const PortSpec& port) const {
    const auto arrivals = arrivals_.find(home.name);
    const bool is_crowded =
        arrivals != arrivals_.end() && home.ports.size() + arrivals->second > max_ports;
    return coming_.contains(port.name) || needed_.contains(claim_name(port)) || is_crowded ||
           leads_to(port.far_end) || needed_.contains(other_end_claim(port.name).name) ||
           (!stays(home) && is_in_the_way(home));
  }

  [[nodiscard]] bool is_in_the_way(const SwitchSpec& home) const {
    return find_switch(wanted_, home.name) != nullptr ||
           running_.switches.size() + wanted_.switches.size() > NetworkSpec::max_switches;
  }

  void remove_ports(bool is_before) {
    for (const auto& [name, home] : running_.switches) {
      for (const PortSpec& port : home.ports) {
        if (!staying_.contains(port.name) && is_in_the_way(home, port) == is_before) {
          add(RemovePort{.home = name,
                         .name = port.name,
                         .is_replaced = needed_.contains(claim_name(port))},
              "- port " + port.name, true);
        }
      }
    }
  }

  void remove_switches(bool is_before) {
    for (const auto& [name, home] : running_.switches) {
      if (!stays(home) && is_in_the_way(home) == is_before) {
        add(RemoveSwitch{name}, "- switch " + name, !home.ports.empty());
      }
    }
  }

  void make_switches() {
    for (const auto& [name, home] : wanted_.switches) {
      const SwitchSpec* running = find_switch(running_, name);
      if (running == nullptr || !can_become(*running, home)) {
        add(AddSwitch{bare(home)}, "+ switch " + name, false);
      } else if (bare(*running) != bare(home)) {
        steps_.push_back({SetSwitch{bare(home)}, differences(*running, home)});
      }
    }
  }

  void add_ports() {
    for (const auto& [name, home] : wanted_.switches) {
      for (const PortSpec& port : home.ports) {
        if (coming_.contains(port.name)) {
          // One that was there before is disturbed; a new one had no traffic.
          add(AddPort{.home = name, .spec = port}, "+ port " + port.name,
              have_.ports.contains(port.name));
        }
      }
    }
  }

  // Ports that lose frames by it come last, when others can hardly be refused any more.
  void set_ports() {
    std::vector<const std::string*> losing;
    for (const std::string& name : staying_) {
      const PortSpec& running = *have_.ports.at(name).second;
      const PortSpec& wanted = *want_.ports.at(name).second;
      const bool is_unplugged = running.has_carrier && !wanted.has_carrier;
      if (is_unplugged || running.conditions != wanted.conditions) {
        losing.push_back(&name);
      } else if (running != wanted) {
        set_port(name);
      }
    }
    for (const std::string* name : losing) {
      set_port(*name);
    }
  }

  void set_port(const std::string& name) {
    const auto& [running_home, running] = have_.ports.at(name);
    const auto& [wanted_home, wanted] = want_.ports.at(name);
    steps_.push_back({SetPort{*wanted, far_end_change(running->far_end, wanted->far_end)},
                      differences(*running, *wanted)});
    tell_of_static_entries(*running_home, *wanted_home, *running, *wanted);
  }

  // In the lines of the last step.
  void tell_of_static_entries(const SwitchSpec& home, const SwitchSpec& wanted_home,
                              const PortSpec& running, const PortSpec& wanted) {
    if (running.rule.vlan == wanted.rule.vlan) {
      return;
    }
    std::vector<StaticEntry> staying;
    std::ranges::set_intersection(home.static_entries, wanted_home.static_entries,
                                  std::back_inserter(staying), precedes);
    for (const std::string& effect :
         effects_on(staying, wanted.name, running.rule.vlan, wanted.rule.vlan)) {
      steps_.back().lines.push_back({"~ " + effect, true});
    }
  }

  // Returns what a switch has that stays; a new one of the same name has nothing.
  [[nodiscard]] const SwitchSpec& running_or_empty(const std::string& name) const {
    static const SwitchSpec empty;
    const SwitchSpec* running = find_switch(running_, name);
    return running != nullptr && stays(*running) ? *running : empty;
  }

  void name_vlans() {
    for (const auto& [switch_name, home] : wanted_.switches) {
      const auto& names = running_or_empty(switch_name).vlan_names;
      for (const auto& [vid, name] : names) {
        if (!home.vlan_names.contains(vid)) {
          add(NameVlan{switch_name, vid, std::nullopt},
              fmt::format("- name {} of vlan {}", name, vid), false);
        }
      }
      for (const auto& [vid, name] : home.vlan_names) {
        const auto old = names.find(vid);
        if (old == names.end()) {
          add(NameVlan{switch_name, vid, name}, fmt::format("+ name {} of vlan {}", name, vid),
              false);
        } else if (old->second != name) {
          add(NameVlan{switch_name, vid, name},
              fmt::format("~ name of vlan {}: {} -> {}", vid, old->second, name), false);
        }
      }
    }
  }

  static bool precedes(const StaticEntry& one, const StaticEntry& other) {
    return one.key() < other.key();
  }

  // Returns those of 'all' that 'others' have not, or on another port. Both are in order.
  static std::vector<StaticEntry> without(const std::vector<StaticEntry>& all,
                                          const std::vector<StaticEntry>& others) {
    std::vector<StaticEntry> rest;
    std::set_difference(all.begin(), all.end(), others.begin(), others.end(),
                        std::back_inserter(rest), [](const auto& one, const auto& other) {
                          return std::pair(one.key(), one.port) <
                                 std::pair(other.key(), other.port);
                        });
    return rest;
  }

  // Returns the entries of 'home' that still are there after ports have gone.
  [[nodiscard]] std::vector<StaticEntry> surviving(const std::string& name) const {
    std::vector<StaticEntry> entries = running_or_empty(name).static_entries;
    std::erase_if(entries,
                  [&](const StaticEntry& entry) { return !staying_.contains(entry.port); });
    return entries;
  }

  void remove_static_entries() {
    for (const auto& [name, home] : wanted_.switches) {
      for (const StaticEntry& entry : without(surviving(name), home.static_entries)) {
        // One that moves to another port is not removed, but added there.
        const bool moves = std::binary_search(home.static_entries.begin(),
                                              home.static_entries.end(), entry, precedes);
        if (!moves) {
          add(RemoveStatic{name, entry}, "- " + in_words(entry), true);
        }
      }
    }
  }

  void add_static_entries() {
    for (const auto& [name, home] : wanted_.switches) {
      for (const StaticEntry& entry : without(home.static_entries, surviving(name))) {
        const auto port = want_.ports.find(entry.port);
        const bool leads =
            port != want_.ports.end() && port->second.second->rule.vlan.carries(entry.vlan);
        add(AddStatic{name, entry},
            "+ " + in_words(entry) + (leads ? "" : ", without effect: the port has not that VLAN"),
            false);
      }
    }
  }

  void remove_mirrors() {
    for (const auto& [home, wanted] : wanted_.switches) {
      for (const auto& [name, mirror] : running_or_empty(home).mirrors) {
        if (!wanted.mirrors.contains(name)) {
          add(RemoveMirror{home, name}, "- mirror " + name, false);
        }
      }
    }
  }

  // A port that was there before loses what it had when it becomes a destination.
  void set_mirrors() {
    for (const auto& [home, wanted] : wanted_.switches) {
      const MirrorSpecs& running = running_or_empty(home).mirrors;
      for (const auto& [name, mirror] : wanted.mirrors) {
        const auto old = running.find(name);
        if (old == running.end()) {
          add(SetMirror{home, mirror}, "+ " + in_words(mirror),
              have_.ports.contains(mirror.to_port));
        } else if (old->second != mirror) {
          steps_.push_back({SetMirror{home, mirror}, differences(old->second, mirror)});
        }
      }
    }
  }

  void set_sflow() {
    const auto& running = running_.sflow;
    const auto& wanted = wanted_.sflow;
    if (running && wanted && *running != *wanted) {
      steps_.push_back({SetSflow{wanted}, differences(*running, *wanted)});
    } else if (running && !wanted) {
      add(SetSflow{}, "- sflow", false);
    } else if (wanted && !running) {
      add(SetSflow{wanted}, "+ " + in_words(*wanted), false);
    }
  }

  template <typename Action>
  void add(Action action, std::string line, bool disturbs) {
    steps_.push_back({std::move(action), {{std::move(line), disturbs}}});
  }

  const NetworkSpec& running_;
  const NetworkSpec& wanted_;
  Index have_;
  Index want_;
  std::set<std::string> staying_;
  std::set<std::string> coming_;
  std::set<std::string> needed_;                 // claims, by those who come
  std::map<std::string, std::size_t> arrivals_;  // by switch
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> plan(const NetworkSpec& running, const NetworkSpec& wanted) {
  return Planner(running, wanted).make();
}

}  // namespace tapswitch::config
