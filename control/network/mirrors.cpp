// SPDX-License-Identifier: Apache-2.0
#include "control/network/mirrors.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "control/network/running_port.hpp"
#include "switch/engine/do_or.hpp"

namespace tapswitch::network {

using config::MirrorSpec;
using rpc::Error;
using rpc::ErrorKind;

namespace {

// Whether the mirror says the port's name, or that of its door.
bool is_source(const MirrorSpec& spec, const RunningPort& port) {
  return spec.from_ports.contains(port.spec.name) ||
         (port.is_guest() && spec.from_ports.contains(port.came_by));
}

bool is_concerned(const MirrorSpec& spec, const RunningPort& port) {
  return spec.to_port == port.spec.name || is_source(spec, port);
}

void check_is_no_guest(const char* field, const RunningPort& port) {
  if (port.is_guest()) {
    throw rpc::invalid_params(
        {{field,
          fmt::format("port '{}' came in by port '{}', and goes by itself", port.spec.name,
                      port.came_by),
          "a port that is no guest; its door stands for all guests in from_port"}});
  }
}

}  // namespace

RunningSwitch& Mirrors::home_of(const std::string& mirror) {
  for (auto& [name, home] : inventory_.switches()) {
    if (home.spec.mirrors.contains(mirror)) {
      return home;
    }
  }
  throw no_such("mirror", mirror);
}

RunningSwitch& Mirrors::check_add(const MirrorSpec& spec) {
  for (const auto& [name, home] : inventory_.switches()) {
    if (home.spec.mirrors.contains(spec.name)) {
      throw Error(ErrorKind::already_exists,
                  fmt::format("there is a mirror '{}' already", spec.name),
                  {{"object", spec.name}});
    }
  }
  const RunningPort& to = inventory_.find_port(spec.to_port);
  check_is_no_guest("to_port", to);
  for (const std::string& port : spec.from_ports) {
    check_is_no_guest("from_port", inventory_.find_port(port));
  }
  RunningSwitch& home = *to.home;
  const auto find = [this](const std::string& name) {
    const RunningPort& port = inventory_.find_port(name);
    return config::PortPlace{&port.spec, port.home->spec.name};
  };
  if (auto fault = config::fault_of(spec, home.spec.name, home.spec.mirrors, find)) {
    throw rpc::invalid_params({std::move(*fault)});
  }
  if (home.spec.mirrors.size() == max_mirrors) {
    throw Error(ErrorKind::limit_reached,
                fmt::format("switch '{}' has {} mirrors already", home.spec.name, max_mirrors),
                {{"limit", max_mirrors}});
  }
  return home;
}

void Mirrors::check_remove(const RunningPort& port) {
  for (const auto& [name, mirror] : port.home->spec.mirrors) {
    if (mirror.names(port.spec.name)) {
      throw Error(
          ErrorKind::in_use,
          fmt::format("port '{}' is {} mirror '{}': remove that first", port.spec.name,
                      mirror.to_port == port.spec.name ? "the destination of" : "mirrored by",
                      name),
          {{"object", port.spec.name}, {"mirror", name}});
    }
  }
}

void Mirrors::check_set(const RunningPort& port, const config::PortSpec& spec) {
  for (const auto& [name, mirror] : port.home->spec.mirrors) {
    if (mirror.to_port == spec.name && !spec.conditions.are_none()) {
      throw rpc::invalid_params(
          {{"conditions",
            fmt::format("port '{}' is the destination of mirror '{}'", spec.name, name),
            "none there"}});
    }
  }
}

void Mirrors::set(RunningSwitch& home, const MirrorSpec& spec) {
  config::MirrorSpecs before = home.spec.mirrors;
  home.spec.mirrors.insert_or_assign(spec.name, spec);
  bring_or_put_back(home, std::move(before));
}

void Mirrors::remove(RunningSwitch& home, const std::string& name) {
  config::MirrorSpecs before = home.spec.mirrors;
  home.spec.mirrors.erase(name);
  bring_or_put_back(home, std::move(before));
}

void Mirrors::bring_or_put_back(RunningSwitch& home, config::MirrorSpecs before) {
  do_or([&] { follow(home); }, [&] { home.spec.mirrors = std::move(before); });
  changes_.on_configured();
}

void Mirrors::follow(const RunningPort& port) const {
  RunningSwitch& home = *port.home;
  if (std::ranges::any_of(home.spec.mirrors,
                          [&](const auto& each) { return is_concerned(each.second, port); })) {
    follow(home);
  }
}

void Mirrors::follow(RunningSwitch& home) const { home.engine->set_mirrors(rules_of(home)); }

MirrorRules Mirrors::rules_of(const RunningSwitch& home) const {
  MirrorRules rules;
  const Ports& ports = std::as_const(inventory_).ports();
  for (const auto& [name, spec] : home.spec.mirrors) {
    const auto to = ports.find(spec.to_port);
    if (to == ports.end() || to->second.home != &home) {
      continue;  // until it comes
    }
    MirrorRule rule{.to = to->second.index,
                    .is_of_all = spec.from_ports.empty(),
                    .directions = spec.directions,
                    .snap_length = spec.snap_length};
    for (const auto& [index, port] : home.port_names) {
      if (is_source(spec, ports.at(port))) {
        rule.from.set(to_size(index));
      }
    }
    if (spec.from_vlans != VlanSet()) {
      rule.vlans = spec.from_vlans;
    }
    if (spec.filter.program != nullptr) {
      rule.filter = [program = spec.filter.program](std::span<const std::byte> bytes,
                                                    std::size_t size) {
        return program->matches(bytes, size);
      };
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace tapswitch::network
