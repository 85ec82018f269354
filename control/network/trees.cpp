// SPDX-License-Identifier: Apache-2.0
#include "control/network/trees.hpp"

#include <algorithm>
#include <bitset>
#include <chrono>
#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"

namespace tapswitch::network {

using protocols::PortNumber;
using protocols::RstpBridge;
using protocols::RstpEvent;
using protocols::RstpOutcome;
using protocols::RstpState;

namespace {

constexpr std::uint16_t bpdu_bit = 1;  // of 01-80-C2-00-00-00
// After which what found no room is tried again.
constexpr std::chrono::milliseconds pause{10};
// TAPs, and others that know no better, say so much.
constexpr std::uint32_t least_speed = 10;

TimePoint time_now() { return std::chrono::steady_clock::now(); }

TreeState state_in_engine(RstpState state) {
  switch (state) {
    case RstpState::forwarding:
      return TreeState::forwarding;
    case RstpState::learning:
      return TreeState::learning;
    case RstpState::discarding:
      break;
  }
  return TreeState::discarding;
}

PortIndex index_of(PortNumber number) {
  return static_cast<PortIndex>(protocols::to_word(number) - 1);
}

bool takes_part(const RunningPort& port) { return !port.end->is_door(); }

bool is_mirrored_to(const RunningPort& port) {
  return std::ranges::any_of(port.home->spec.mirrors, [&](const auto& each) {
    return each.second.to_port == port.spec.name;
  });
}

// Locally administered, and no group's.
MacAddress made_up_address() {
  std::random_device device;
  const std::uint64_t bits = std::uint64_t{device()} << 32 | device();
  return MacAddress((bits & 0xfcff'ffff'ffff) | 0x0200'0000'0000);
}

}  // namespace

SwitchRule rule_in_switch(const config::SwitchSpec& spec) {
  SwitchRule rule = spec.rule;
  if (spec.stp.is_on) {
    rule.punts.reserved |= bpdu_bit;
    rule.forwarded_reserved &= static_cast<std::uint16_t>(~bpdu_bit);
  }
  return rule;
}

Trees::Trees(Inventory& inventory, const Announcer& announcer)
    : inventory_(inventory), announcer_(announcer), timer_(value_or_refuse(Timer::open())) {}

std::optional<PortNumber> Trees::number_of(PortIndex index) {
  const std::size_t number = to_size(index) + 1;
  return number > protocols::last_port_number ? std::nullopt
                                              : std::optional(static_cast<PortNumber>(number));
}

MacAddress Trees::address_of(const RunningSwitch& home) {
  if (home.spec.stp.address) {
    return *home.spec.stp.address;
  }
  return addresses_.try_emplace(home.spec.name, made_up_address()).first->second;
}

void Trees::inherit(const std::string& switch_name, MacAddress address) {
  addresses_.insert_or_assign(switch_name, address);
}

void Trees::follow(RunningSwitch& home) {
  const config::StpSpec& wanted = home.spec.stp;
  const auto found = trees_.find(home.spec.name);
  if (!wanted.is_on) {
    if (found != trees_.end()) {
      end(home);
    }
    return;
  }
  const MacAddress address = address_of(home);
  if (found != trees_.end()) {
    found->second.machine.set_address(address, time_now());
    found->second.machine.set(wanted.settings, time_now());
    ring_for(found->second);
    return;
  }
  trees_.try_emplace(home.spec.name, RstpBridge(wanted.settings, address));
  for (const auto& [index, name] : home.port_names) {
    RunningPort& port = inventory_.ports().at(name);
    port.tree = first_state(home, *port.end);
    port.bring_state();
  }
  follow_ports(home);
}

// All forward again.
void Trees::end(RunningSwitch& home) {
  trees_.erase(home.spec.name);
  for (const auto& [index, name] : home.port_names) {
    RunningPort& port = inventory_.ports().at(name);
    port.tree = TreeState::forwarding;
    port.bring_state();
  }
}

void Trees::forget(const std::string& switch_name) {
  trees_.erase(switch_name);
  addresses_.erase(switch_name);
}

TreeState Trees::first_state(const RunningSwitch& home, const OpenEnd& end) {
  return home.spec.stp.is_on && !end.is_door() ? TreeState::discarding : TreeState::forwarding;
}

protocols::RstpLink Trees::link_of(const RunningPort& port) {
  const bool is_up = port.state(port.seen) == "up" && !port.is_held && !is_mirrored_to(port);
  const std::uint32_t speed = port.link_speed();
  return {.is_up = is_up,
          .path_cost = config::path_cost_of(speed > least_speed ? speed : config::usual_speed)};
}

void Trees::follow(RunningPort& port) {
  const auto found = trees_.find(port.home->spec.name);
  const auto number = number_of(port.index);
  if (found == trees_.end() || !number || !takes_part(port)) {
    return;
  }
  Tree& tree = found->second;
  if (!port.home->engine->is_in_force(port.index)) {
    awaited_.insert(port.spec.name);
    return;
  }
  const TimePoint now = time_now();
  if (tree.machine.find(*number) == nullptr) {
    tree.machine.add(*number, port.spec.stp, link_of(port), now);
  } else {
    tree.machine.set(*number, port.spec.stp, now);
    tree.machine.set(*number, link_of(port), now);
  }
  ring_for(tree);
}

void Trees::follow_ports(RunningSwitch& home) {
  for (const auto& [index, name] : home.port_names) {
    follow(inventory_.ports().at(name));
  }
}

void Trees::follow_awaited() {
  for (const std::string& name : std::exchange(awaited_, {})) {
    if (const auto port = inventory_.ports().find(name); port != inventory_.ports().end()) {
      follow(port->second);
    }
  }
}

void Trees::forget(const RunningPort& port) {
  awaited_.erase(port.spec.name);
  const auto found = trees_.find(port.home->spec.name);
  const auto number = number_of(port.index);
  if (found != trees_.end() && number) {
    found->second.machine.remove(*number, time_now());
    found->second.unsent.erase(*number);
    ring_for(found->second);
  }
}

void Trees::hear(const RunningPort& port, const PuntedFrame& frame) {
  const bool is_bpdu = frame.bytes.size() >= MacAddress::size &&
                       MacAddress::read(frame.bytes.data()) == protocols::bridge_group;
  const auto found = trees_.find(port.home->spec.name);
  const auto number = number_of(port.index);
  if (!is_bpdu || found == trees_.end() || !number) {
    return;
  }
  const TimePoint now = time_now();
  found->second.machine.on_frame(*number, frame.bytes, now);
  act(*port.home, found->second, now);
  set_timer();
}

void Trees::on_timer() {
  if (!timer_.take()) {
    return;
  }
  const TimePoint now = time_now();
  for (auto& [name, tree] : trees_) {
    if (tree.is_due || tree.next <= now) {
      tree.machine.on_tick(now);
      act(inventory_.switches().at(name), tree, now);
    }
  }
  set_timer();
}

void Trees::ring_for(Tree& tree) {
  tree.is_due = true;
  timer_.set(std::chrono::nanoseconds(1));
}

void Trees::set_timer() {
  TimePoint next = TimePoint::max();
  for (const auto& [name, tree] : trees_) {
    next = tree.is_due ? TimePoint::min() : std::min(next, tree.next);
  }
  if (next == TimePoint::max()) {
    timer_.set(std::chrono::nanoseconds(0));
    return;
  }
  const TimePoint now = time_now();
  timer_.set(next > now ? std::chrono::nanoseconds(next - now) : std::chrono::nanoseconds(1));
}

void Trees::act(RunningSwitch& home, Tree& tree, TimePoint now) {
  tree.is_due = false;
  RstpOutcome outcome = tree.machine.take_outcome();
  if (bring_states(home, outcome)) {
    flush(home, outcome.flushes);
    send(home, tree, outcome);
  }
  tell(home, tree, outcome.events);
  tree.next = tree.machine.next_tick().value_or(TimePoint::max());
  if (!tree.unsent.empty()) {
    tree.next = std::min(tree.next, now + pause);
  }
}

RunningPort* Trees::port_of(const RunningSwitch& home, PortNumber number) {
  const std::string* const name = home.port_name(index_of(number));
  return name == nullptr ? nullptr : &inventory_.ports().at(*name);
}

// Returns whether all workers go by them: then BPDUs may say so.
bool Trees::bring_states(RunningSwitch& home, const RstpOutcome& outcome) {
  if (outcome.states.empty()) {
    return true;
  }
  home.engine->gather_states();
  for (const auto& [number, state] : outcome.states) {
    if (RunningPort* const port = port_of(home, number)) {
      port->tree = state_in_engine(state);
      port->bring_state();
    }
  }
  try {
    home.engine->bring_states();
    return true;
  } catch (const std::exception& error) {
    announcer_.tell_operator(fmt::format(
        "switch '{}': the states of its spanning tree take effect with the next change: {}",
        home.spec.name, error.what()));
    return false;
  }
}

void Trees::flush(RunningSwitch& home, const std::vector<PortNumber>& numbers) {
  if (numbers.empty()) {
    return;
  }
  std::bitset<max_ports> ports;
  for (const PortNumber number : numbers) {
    ports.set(to_size(index_of(number)));
  }
  home.engine->fdb().flush_learned(
      [&](Station /*station*/, PortIndex port) { return ports.test(to_size(port)); });
}

void Trees::send(RunningSwitch& home, Tree& tree, RstpOutcome& outcome) {
  for (auto& [number, frame] : outcome.frames) {
    tree.unsent.insert_or_assign(number, std::move(frame));
  }
  std::erase_if(tree.unsent, [&](const auto& each) {
    const PortIndex index = index_of(each.first);
    return home.port_name(index) == nullptr || home.engine->send(index, each.second);
  });
}

void Trees::tell(const RunningSwitch& home, const Tree& tree,
                 const std::vector<RstpEvent>& events) const {
  for (const RstpEvent& event : events) {
    const std::string* const name = home.port_name(index_of(event.port));
    const protocols::RstpPort* const port = tree.machine.find(event.port);
    if (name == nullptr || port == nullptr) {
      continue;
    }
    announcer_.tell_tree(home, *name, *port, event.kind);
    if (event.kind == RstpEvent::Kind::bpdu_guard) {
      announcer_.tell_operator(fmt::format(
          "port '{}' heard a BPDU and is shut by its bpdu_guard until its link comes anew", *name));
    } else if (event.kind == RstpEvent::Kind::root_guard) {
      announcer_.tell_operator(
          fmt::format("port '{}' heard of a better root, which its root_guard keeps off", *name));
    }
  }
}

const RstpBridge* Trees::find(const RunningSwitch& home) const {
  const auto found = trees_.find(home.spec.name);
  return found == trees_.end() ? nullptr : &found->second.machine;
}

}  // namespace tapswitch::network
