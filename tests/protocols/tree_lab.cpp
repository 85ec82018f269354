// SPDX-License-Identifier: Apache-2.0
#include "tests/protocols/tree_lab.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace tapswitch::test {

using protocols::RstpLink;
using protocols::RstpOutcome;
using protocols::RstpPort;
using protocols::RstpRole;
using protocols::RstpState;

namespace {

constexpr std::uint64_t first_address = 0x0200'0000'0001;

std::string name_of(RstpRole role) {
  constexpr const char* names[] = {"disabled", "alternate", "backup", "root", "designated"};
  return names[static_cast<std::size_t>(role)];
}

std::string name_of(RstpState state) {
  constexpr const char* names[] = {"discarding", "learning", "forwarding"};
  return names[static_cast<std::size_t>(state)];
}

std::pair<char, PortNumber> port_of(const std::string& text) {
  return {text.at(0), static_cast<PortNumber>(std::stoi(text.substr(1)))};
}

// Joins what is connected, and notices what was so already.
class Groups {
 public:
  explicit Groups(std::size_t count) : of_(count) { std::iota(of_.begin(), of_.end(), 0U); }

  std::size_t find(std::size_t item) {
    while (of_[item] != item) {
      item = of_[item] = of_[of_[item]];
    }
    return item;
  }
  bool join(std::size_t one, std::size_t other) {
    const std::size_t a = find(one);
    const std::size_t b = find(other);
    of_[a] = b;
    return a != b;
  }

 private:
  std::vector<std::size_t> of_;
};

}  // namespace

TreeLab::TreeLab(std::uint64_t seed) : random_(seed) {}

void TreeLab::say(const std::string& script) {
  std::istringstream lines(script);
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(' ') != std::string::npos) {
      say_line(line);
    }
  }
}

void TreeLab::say_line(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  std::string name;
  if (verb == "switch" || verb == "slow") {
    unsigned priority = 0;
    words >> name >> priority;
    add_bridge(name.at(0),
               {.is_rapid = verb == "switch", .priority = static_cast<std::uint16_t>(priority)});
  } else if (verb == "lan") {
    words >> name;
    name.pop_back();  // the colon
    std::vector<std::string> ports;
    for (std::string port; words >> port;) {
      ports.push_back(port);
    }
    add_lan(name, ports);
  } else if (verb == "port") {
    say_port(words);
  } else if (verb == "loss") {
    double percent = 0;
    words >> percent;
    set_loss(percent / 100);
  } else if (verb == "run") {
    long long time = 0;
    std::string unit;
    words >> time >> unit;
    run(std::chrono::milliseconds(unit == "s" ? 1'000 * time : time));
  } else if (verb == "cut" || verb == "mend") {
    words >> name;
    verb == "cut" ? cut(name) : mend(name);
  } else if (verb == "kill" || verb == "start") {
    words >> name;
    verb == "kill" ? kill(name.at(0)) : start(name.at(0));
  } else if (verb == "check") {
    try {
      check(words);
    } catch (const std::exception& error) {
      throw std::runtime_error("after " + std::to_string(time().count()) + " ms: " + line + ": " +
                               error.what());
    }
  } else if (verb == "tree") {
    if (const std::string fault = fault_of_tree(); !fault.empty()) {
      throw std::runtime_error("after " + std::to_string(time().count()) + " ms: " + fault);
    }
  } else {
    throw std::runtime_error("not a line of the language: " + line);
  }
}

void TreeLab::say_port(std::istream& words) {
  std::string name;
  std::string what;
  words >> name >> what;
  const auto [home, number] = port_of(name);
  Bridge& bridge = bridges_.at(home);
  auto& settings = bridge.ports[number];
  if (what == "cost") {
    std::uint32_t cost = 0;
    words >> cost;
    settings.path_cost = cost;
  } else if (what == "edge") {
    settings.admin_edge = true;
  } else if (what == "root_guard") {
    settings.root_guard = true;
  } else if (what == "bpdu_guard") {
    settings.bpdu_guard = true;
  } else if (what == "bpdu_filter") {
    settings.bpdu_filter = true;
  } else if (what == "restricted_tcn") {
    settings.restricted_tcn = true;
  } else {
    throw std::runtime_error("not of a port: " + what);
  }
  if (bridge.machine) {
    bridge.machine->set(number, settings, now_);
    heed(home);
  }
}

void TreeLab::check(std::istream& words) {
  std::string name;
  words >> name;
  const auto expect = [&](const std::string& wanted, const std::string& found) {
    if (wanted != found) {
      throw std::runtime_error("it is " + found);
    }
  };
  if (name.size() == 1) {
    const RstpBridge& machine = *bridges_.at(name[0]).machine;
    expect("root", machine.is_root() ? "root" : "not");
    return;
  }
  const auto [home, number] = port_of(name);
  const RstpPort& port = *bridges_.at(home).machine->find(number);
  for (std::string word; words >> word;) {
    const std::string role = name_of(port.role);
    const std::string state = name_of(port.state());
    if (word != role && word != state) {
      throw std::runtime_error(fmt::format("it is {} {}", role, state));
    }
  }
}

void TreeLab::add_bridge(char name, const protocols::RstpSettings& settings) {
  Bridge& added = bridges_[name];
  added.settings = settings;
  added.address = MacAddress(first_address + bridges_.size());
  added.machine.emplace(settings, added.address);
}

void TreeLab::add_lan(const std::string& name, const std::vector<std::string>& ports) {
  Lan& lan = lans_[name];
  for (const std::string& port : ports) {
    lan.ports.push_back(port_of(port));
  }
  for (const auto& [home, number] : lan.ports) {
    Bridge& bridge = bridges_.at(home);
    bridge.lans[number] = name;
    bridge.machine->add(number, bridge.ports[number], link_of(lan), now_);
    heed(home);
  }
}

RstpLink TreeLab::link_of(const Lan& lan) const {
  return {.is_up = !lan.is_cut, .is_point_to_point = lan.ports.size() <= 2};
}

void TreeLab::set_links(const Lan& lan) {
  for (const auto& [home, number] : lan.ports) {
    if (Bridge& bridge = bridges_.at(home); bridge.machine) {
      bridge.machine->set(number, link_of(lan), now_);
      heed(home);
    }
  }
}

// Both ends notice at the same moment.
void TreeLab::cut(const std::string& name) {
  Lan& lan = lans_.at(name);
  lan.is_cut = true;
  ++lan.epoch;
  set_links(lan);
}

void TreeLab::mend(const std::string& name) {
  Lan& lan = lans_.at(name);
  lan.is_cut = false;
  set_links(lan);
}

// Others hear nothing more; the links between stay up.
void TreeLab::kill(char name) {
  Bridge& bridge = bridges_.at(name);
  bridge.machine.reset();
  bridge.forwarding.clear();
}

void TreeLab::start(char name) {
  Bridge& bridge = bridges_.at(name);
  bridge.machine.emplace(bridge.settings, bridge.address);
  for (const auto& [number, lan] : bridge.lans) {
    bridge.machine->add(number, bridge.ports[number], link_of(lans_.at(lan)), now_);
    heed(name);
  }
}

std::optional<TimePoint> TreeLab::next_tick() const {
  std::optional<TimePoint> next;
  for (const auto& [name, bridge] : bridges_) {
    const auto tick = bridge.machine ? bridge.machine->next_tick() : std::nullopt;
    if (tick && (!next || *tick < *next)) {
      next = tick;
    }
  }
  return next;
}

void TreeLab::run(std::chrono::milliseconds time) {
  const TimePoint end = now_ + time;
  while (true) {
    const auto tick = next_tick();
    const bool has_flight = !flights_.empty() && (!tick || flights_.top().when <= *tick);
    const TimePoint next = has_flight ? flights_.top().when : tick.value_or(TimePoint::max());
    if (next > end) {
      now_ = end;
      return;
    }
    now_ = std::max(now_, next);
    if (has_flight) {
      const Flight flight = flights_.top();
      flights_.pop();
      Bridge& bridge = bridges_.at(flight.to);
      const Lan& lan = lans_.at(flight.lan);
      if (bridge.machine && !lan.is_cut && lan.epoch == flight.epoch) {
        bridge.machine->on_frame(flight.port, flight.frame, now_);
        heed(flight.to);
      }
      continue;
    }
    for (auto& [name, bridge] : bridges_) {
      if (bridge.machine && bridge.machine->next_tick() <= now_ && bridge.machine->next_tick()) {
        bridge.machine->on_tick(now_);
        heed(name);
      }
    }
  }
}

void TreeLab::heed(char name) {
  Bridge& bridge = bridges_.at(name);
  const RstpOutcome outcome = bridge.machine->take_outcome();
  for (const auto& [number, state] : outcome.states) {
    if (state == RstpState::forwarding) {
      bridge.forwarding.insert(number);
    } else {
      bridge.forwarding.erase(number);
    }
    last_change_ = now_;
  }
  if (!outcome.states.empty()) {
    watch();
  }
  for (const PortNumber number : outcome.flushes) {
    ++bridge.flushes[number];
  }
  for (const auto& [number, frame] : outcome.frames) {
    ++frames_;
    const std::string& lan_name = bridge.lans.at(number);
    Lan& lan = lans_.at(lan_name);
    const auto delay = std::chrono::microseconds(50 + random_() % 1'000);
    lan.last_arrival = std::max(lan.last_arrival, now_ + delay);
    for (const auto& [to, port] : lan.ports) {
      const bool is_lost =
          std::uniform_real_distribution<double>(0, 1)(random_) < loss_ || lan.is_cut;
      if (!is_lost && (to != name || port != number)) {
        flights_.push({.when = lan.last_arrival,
                       .number = frames_,
                       .lan = lan_name,
                       .epoch = lan.epoch,
                       .to = to,
                       .port = port,
                       .frame = frame});
      }
    }
  }
}

void TreeLab::watch() {
  if (ring_since_) {
    longest_ring_ = std::max(
        longest_ring_, std::chrono::duration_cast<std::chrono::microseconds>(now_ - *ring_since_));
  }
  if (!has_ring()) {
    ring_since_.reset();
    return;
  }
  ++rings_;
  ring_since_ = ring_since_.value_or(now_);
}

bool TreeLab::has_ring() const {
  std::map<std::string, std::size_t> lan_numbers;
  for (const auto& [name, lan] : lans_) {
    lan_numbers.emplace(name, lan_numbers.size());
  }
  Groups groups(lans_.size() + 256);
  for (const auto& [name, bridge] : bridges_) {
    const std::size_t at = lans_.size() + static_cast<unsigned char>(name);
    for (const PortNumber number : bridge.forwarding) {
      const std::string& lan = bridge.lans.at(number);
      if (!lans_.at(lan).is_cut && !groups.join(lan_numbers.at(lan), at)) {
        return true;
      }
    }
  }
  return false;
}

std::string TreeLab::fault_of_tree() const {
  if (has_ring()) {
    return "there is a ring";
  }
  // All that any links join must be joined by those that forward.
  std::map<std::string, std::size_t> lan_numbers;
  for (const auto& [name, lan] : lans_) {
    lan_numbers.emplace(name, lan_numbers.size());
  }
  Groups joined(lans_.size() + 256);
  Groups reached(lans_.size() + 256);
  for (const auto& [name, bridge] : bridges_) {
    const std::size_t at = lans_.size() + static_cast<unsigned char>(name);
    for (const auto& [number, lan] : bridge.lans) {
      if (!bridge.machine || lans_.at(lan).is_cut) {
        continue;
      }
      joined.join(lan_numbers.at(lan), at);
      if (bridge.forwarding.contains(number)) {
        reached.join(lan_numbers.at(lan), at);
      }
    }
  }
  for (const auto& [name, number] : lan_numbers) {
    for (const auto& [other_name, other] : lan_numbers) {
      if (joined.find(number) == joined.find(other) &&
          reached.find(number) != reached.find(other)) {
        return fmt::format("no way from LAN {} to LAN {}", name, other_name);
      }
    }
  }
  return {};
}

std::chrono::milliseconds TreeLab::time() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin_);
}

std::chrono::milliseconds TreeLab::last_change() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(last_change_ - begin_);
}

std::uint64_t TreeLab::flushes_of(const std::string& port) const {
  const auto [home, number] = port_of(port);
  const auto& flushes = bridges_.at(home).flushes;
  const auto found = flushes.find(number);
  return found == flushes.end() ? 0 : found->second;
}

}  // namespace tapswitch::test
