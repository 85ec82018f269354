// SPDX-License-Identifier: Apache-2.0
#include "control/network/hand_over.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/append.hpp"
#include "control/config/document.hpp"
#include "control/config/read_document.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/kinds/kinds.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

namespace {

constexpr std::size_t stations_a_message = 4'096;

bool is_heritable(const config::FarEnd& end) { return heritage_of(end) != Heritage::none; }

config::NetworkSpec heritable_part(const Network& network, Unheritable others) {
  config::NetworkSpec all = network.configuration();
  for (auto& [name, home] : all.switches) {
    (void)config::remove_ports(home, [others](const config::PortSpec& port) {
      if (others == Unheritable::refuse && !is_heritable(port.far_end)) {
        throw rpc::Error(
            rpc::ErrorKind::unsupported,
            fmt::format("port '{}' is of type '{}', and only those of {} can be handed over",
                        port.name, config::type_of(port.far_end),
                        fmt::join(heritable_types(), " and ")),
            {{"object", port.name}});
      }
      return !is_heritable(port.far_end);
    });
  }
  return all;
}

// By names, also those of guests, who come again.
Json numbers_of(const Network& network) {
  Json numbers = Json::object();
  for (const auto& [name, port] : network.ports()) {
    config::append(numbers, name, port.number);
  }
  return numbers;
}

// By the names of switches.
Json bridges_of(const Network& network) {
  Json bridges = Json::object();
  for (const auto& [name, address] : network.trees().addresses()) {
    config::append(bridges, name, address.to_string());
  }
  return bridges;
}

HandOverMessage about_network(const Network& network, const config::NetworkSpec& configuration) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {{{"about", "network"},
           {"revision", network.revision()},
           {"told_at_nanoseconds", std::chrono::nanoseconds(now).count()},
           {"config", config::to_json(configuration, config::Format::minimal)},
           {"numbers", numbers_of(network)},
           {"bridges", bridges_of(network)},
           {"last_number", network.port_numbers().last()}},
          {}};
}

HandOverMessage about_port(const Network::RunningPort& port, HandedEnd handed) {
  HandOverMessage message{std::move(handed.words), std::move(handed.descriptors)};
  message.words["about"] = config::type_of(port.spec.far_end);
  message.words["port"] = port.spec.name;
  message.words["descriptors"] = message.descriptors.size();
  message.words["is_held"] = port.is_held;
  return message;
}

// Tells the stations that were learned; static entries are configured.
void tell_stations(const Network& network, const Network::RunningSwitch& home,
                   std::vector<HandOverMessage>& messages) {
  const auto now = std::chrono::steady_clock::now();
  Json list = Json::array();
  const auto flush = [&] {
    if (!list.empty()) {
      messages.push_back({{{"about", "stations"},
                           {"switch", home.spec.name},
                           {"stations", std::exchange(list, Json::array())}},
                          {}});
    }
  };
  std::size_t told = 0;
  std::optional<std::size_t> cursor = 0;
  while (cursor && told < most_handed_stations) {
    const Fdb::Page page = home.engine->fdb().page({.kind = StationKind::dynamic_entry}, *cursor,
                                                   stations_a_message, now);
    for (const FdbEntry& entry : page.entries) {
      if (const std::string* port = network.port_name(home, entry.port)) {
        list.push_back(
            {entry.station.vid, entry.station.mac.to_string(), *port, entry.age.count()});
        ++told;
      }
    }
    flush();
    cursor = page.next_cursor;
  }
}

}  // namespace

std::vector<HandOverMessage> messages_about(const Network& network, Unheritable others) {
  std::vector<HandOverMessage> messages{about_network(network, heritable_part(network, others))};
  for (const auto& [name, port] : network.ports()) {
    if (auto handed = port.end->hand_over()) {
      messages.push_back(about_port(port, std::move(*handed)));
    } else if (port.is_awaited && heritage_of(port.spec.far_end) == Heritage::handed) {
      messages.push_back(
          about_port(port, {.words = {{"refusal", port.refusal}}, .descriptors = {}}));
    }
  }
  for (const auto& [name, home] : network.switches()) {
    tell_stations(network, home, messages);
  }
  return messages;
}

void Inheritance::take(const Json& words, std::vector<UniqueFd> descriptors) {
  const auto about = words.at("about").get<std::string>();
  if (about == "network") {
    revision_ = words.at("revision").get<std::uint64_t>();
    told_at_ = TimePoint(std::chrono::nanoseconds(
        words.at("told_at_nanoseconds").get<std::chrono::nanoseconds::rep>()));
    configuration_ = config::read_or_refuse(words.at("config"));
    numbers_ = words.value("numbers", Json::object());  // an earlier version has none
    bridges_ = words.value("bridges", Json::object());
    last_number_ = words.value("last_number", std::uint32_t{0});
  } else if (about == "stations") {
    stations_.push_back(words);
  } else if (std::ranges::find(types_, about) != types_.end()) {
    // Some may be lost on their way; whether the others go together is told by their kind.
    if (descriptors.size() < words.value("descriptors", std::size_t{0})) {
      throw std::runtime_error("the descriptors of a port are not complete");
    }
    ends_.insert_or_assign(words.at("port").get<std::string>(),
                           HandedPort{words, std::move(descriptors)});
  }
  // A later version may tell more, which is not known here.
}

void Inheritance::build(Network& network, const std::function<void()>& on_port) {
  network.begin_composed_change();
  try {
    build_all(network, on_port);
  } catch (...) {
    network.set_revision(revision_);
    for (const auto& [name, home] : network.switches()) {
      (void)home.engine->begin_receiving();  // by those that are there
    }
    throw;
  }
  network.set_revision(revision_);
}

void Inheritance::build_all(Network& network, const std::function<void()>& on_port) {
  for (const auto& [name, number] : numbers_.items()) {
    network.port_numbers().take_over(name, number.get<std::uint32_t>());
  }
  network.port_numbers().go_on_behind(last_number_);
  for (const auto& [name, text] : bridges_.items()) {
    if (const auto address = MacAddress::parse(text.get<std::string>())) {
      network.trees().inherit(name, *address);
    }
  }
  for (const auto& [name, spec] : configuration_.switches) {
    build_switch(network, spec, on_port);
  }
  for (const Json& told : stations_) {
    learn(network, told);
  }
  network.sampling().set(configuration_.sflow);
  network.commit();
  for (const auto& [name, home] : network.switches()) {
    value_or_refuse(home.engine->begin_receiving());
  }
}

void Inheritance::build_switch(Network& network, const config::SwitchSpec& spec,
                               const std::function<void()>& on_port) {
  config::SwitchSpec bare = spec;
  bare.ports.clear();
  bare.static_entries.clear();
  bare.mirrors.clear();
  Network::RunningSwitch& home = network.add_switch(bare);
  home.engine->receive_later();
  for (const config::PortSpec& port : spec.ports) {
    add_port(network, home, port);
    on_port();
  }
  for (const auto& [name, mirror] : spec.mirrors) {
    network.set_mirror(home, mirror);
  }
  for (const config::StaticEntry& entry : spec.static_entries) {
    network.add_static(network.find_port(entry.port), {.vid = entry.vlan, .mac = entry.mac});
  }
}

void Inheritance::add_port(Network& network, Network::RunningSwitch& home, config::PortSpec spec) {
  if (spec.worker && *spec.worker >= network.worker_count()) {
    spec.worker.reset();  // there are fewer now
  }
  const bool is_closed = !spec.has_carrier && !has_plug(spec.far_end);  // until it is plugged in
  if (heritage_of(spec.far_end) != Heritage::handed || is_closed) {
    network.add_port(home, spec);
    return;
  }
  const auto handed = ends_.find(spec.name);
  if (handed == ends_.end()) {
    throw std::runtime_error(fmt::format("the far end of port '{}' did not come", spec.name));
  }
  const Json words = handed->second.words;
  if (words.contains("refusal")) {
    network.add_awaited(home, spec, words.at("refusal").get<std::string>());
    return;
  }
  network.attach_port(home, spec, inherit_end(spec, words, std::move(handed->second.descriptors)))
      .is_held = words.value("is_held", false);
}

// A station that cannot be placed is learned anew: another version may tell of what is none here.
void Inheritance::learn(Network& network, const Json& told) {
  const auto now = std::chrono::steady_clock::now();
  const Network::RunningSwitch& home = network.find_switch(told.at("switch").get<std::string>());
  for (const Json& words : told.at("stations")) {
    const auto vid = words.at(0).get<std::int64_t>();
    const auto mac = MacAddress::parse(words.at(1).get<std::string>());
    const auto found = network.ports().find(words.at(2).get<std::string>());
    const auto age = words.at(3).get<std::int64_t>();
    if (vid <= no_vlan || vid >= reserved_vlan || !mac || mac->is_group() || mac->bits() == 0 ||
        found == network.ports().end() || found->second.home != &home || age < 0 ||
        age > home.spec.ageing.count()) {
      continue;
    }
    const Network::RunningPort& port = found->second;
    const auto station = Station{.vid = static_cast<VlanId>(vid), .mac = *mac};
    if (port.spec.rule.vlan.carries(station.vid)) {
      home.engine->fdb().learn(station, port.index, port.spec.rule.fdb_limit,
                               now - std::chrono::seconds(age));
    }
  }
}

}  // namespace tapswitch::network
