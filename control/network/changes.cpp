// SPDX-License-Identifier: Apache-2.0
#include "control/network/changes.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace {

rpc::Error refused(const Switches& switches, const Switch::Refusal& refusal) {
  const auto home = std::ranges::find_if(
      switches, [&](const auto& each) { return each.second.engine.get() == refusal.home; });
  const std::string* port = home != switches.end() ? home->second.port_name(refusal.port) : nullptr;
  rpc::Error error = network::refusal(refusal.error);
  if (port == nullptr) {
    return error;
  }
  Json data = error.to_json()["data"];
  data["object"] = *port;
  return {error.kind(), fmt::format("port '{}': {}", *port, error.what()), std::move(data)};
}

}  // namespace

void Changes::check_revision(std::optional<std::int64_t> expected) const {
  if (expected && std::cmp_not_equal(*expected, revision_)) {
    throw rpc::Error(rpc::ErrorKind::conflict,
                     "the configuration has changed: it is of revision " +
                         std::to_string(revision_) + ", not " + std::to_string(*expected),
                     {{"revision", revision_}, {"if_revision", *expected}});
  }
}

config::NetworkSpec Changes::configuration() const {
  return is_composed() ? configured_before_ : inventory_.configuration();
}

void Changes::on_configured() {
  ++revision_;
  if (!is_composed()) {
    announcer_.tell_revision(revision_);
  }
}

void Changes::begin() {
  configured_before_ = configuration();
  composed_from_ = revision_;
  for (const auto& [name, running] : inventory_.switches()) {
    running.engine->begin_change();
  }
}

void Changes::include(RunningSwitch& added) const {
  if (is_composed()) {
    added.engine->begin_change();
  }
}

void Changes::bring() {
  std::vector<Switch*> engines;
  for (const auto& [name, running] : inventory_.switches()) {
    engines.push_back(running.engine.get());
  }
  if (const auto refusal = Switch::bring_all(engines)) {
    throw refused(inventory_.switches(), *refusal);
  }
}

void Changes::commit() {
  bring();
  for (auto& [name, running] : inventory_.switches()) {
    running.engine->end_change();
    running.rule_before.reset();
  }
  for (const std::string& name : ports_) {
    if (const auto found = inventory_.ports().find(name); found != inventory_.ports().end()) {
      found->second.rule_before.reset();
    }
  }
}

bool Changes::end(std::uint64_t revision) {
  try {
    commit();
  } catch (const std::exception& error) {
    announcer_.tell_operator(std::string("this change takes effect with the next: ") +
                             error.what());
    for (const auto& [name, running] : inventory_.switches()) {
      running.engine->end_change();
    }
  }
  revision_ = revision;
  configured_before_ = {};
  return std::exchange(composed_from_, std::nullopt) != revision;
}

void Changes::keep_rule(RunningSwitch& home) {
  if (is_composed() && !home.rule_before) {
    switches_.push_back(home.spec.name);
    home.rule_before = home.spec.rule;
  }
}

void Changes::keep_rule(RunningPort& port) {
  if (is_composed() && !port.rule_before) {
    ports_.push_back(port.spec.name);
    port.rule_before = port.spec.rule;
  }
}

void Changes::tell(const RunningSwitch& home) const {
  if (!home.rule_before) {
    announcer_.tell(home, "changed");
  }
}

void Changes::tell(const RunningPort& port) const {
  if (!port.rule_before) {
    announcer_.tell(port, "changed");
  }
}

bool Changes::tell_some() {
  constexpr std::size_t told_at_once = 16;
  for (std::size_t told = 0; told < told_at_once; ++told) {
    if (!tell_one()) {
      return false;
    }
  }
  return true;
}

// Tells of one, if that is still there. Returns whether there was one.
bool Changes::tell_one() {
  if (!switches_.empty()) {
    const auto found = inventory_.switches().find(switches_.front());
    switches_.pop_front();
    if (found != inventory_.switches().end()) {
      announcer_.tell(found->second, "changed");
    }
    return true;
  }
  if (!ports_.empty()) {
    const auto found = inventory_.ports().find(ports_.front());
    ports_.pop_front();
    if (found != inventory_.ports().end()) {
      announcer_.tell(found->second, "changed");
    }
    return true;
  }
  return false;
}

}  // namespace tapswitch::network
