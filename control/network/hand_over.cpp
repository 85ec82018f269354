// SPDX-License-Identifier: Apache-2.0
#include "control/network/hand_over.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/config/read_document.hpp"
#include "control/network/kernel_refusal.hpp"
#include "control/network/tap_options.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {

namespace {

constexpr std::size_t stations_a_message = 4'096;

bool is_heritable(const config::FarEnd& end) {
  return std::holds_alternative<config::TapSpec>(end) ||
         std::holds_alternative<config::PatchSpec>(end);
}

config::NetworkSpec heritable_part(const Network& network, Unheritable others) {
  config::NetworkSpec all = network.configuration();
  for (auto& [name, home] : all.switches) {
    (void)config::remove_ports(home, [others](const config::PortSpec& port) {
      if (others == Unheritable::refuse && !is_heritable(port.far_end)) {
        throw rpc::Error(
            rpc::ErrorKind::unsupported,
            fmt::format("port '{}' is of type '{}', and only TAPs and patches can be handed over",
                        port.name, config::type_of(port.far_end)),
            {{"object", port.name}});
      }
      return !is_heritable(port.far_end);
    });
  }
  return all;
}

HandOverMessage about_network(const Network& network, const config::NetworkSpec& configuration) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {{{"about", "network"},
           {"revision", network.revision()},
           {"told_at_nanoseconds", std::chrono::nanoseconds(now).count()},
           {"config", config::to_json(configuration, config::Format::minimal)}},
          {}};
}

HandOverMessage about_tap(const Network::RunningPort& port) {
  const TapDevice& device = port.tap->device();
  HandOverMessage message{{{"about", "tap"},
                           {"port", port.spec.name},
                           {"queues", device.queue_count()},
                           {"has_headers", device.framing() == TapFraming::vnet_header},
                           {"was_created", port.tap->was_created()}},
                          {}};
  for (std::size_t queue = 0; queue < device.queue_count(); ++queue) {
    message.descriptors.push_back(device.descriptor(queue));
  }
  if (device.sending_descriptor() != device.descriptor(0)) {
    message.descriptors.push_back(device.sending_descriptor());
  }
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
    if (port.tap != nullptr) {
      messages.push_back(about_tap(port));
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
  } else if (about == "tap") {
    HandedTap tap;
    tap.framing = words.at("has_headers").get<bool>() ? TapFraming::vnet_header : TapFraming::bare;
    tap.was_created = words.at("was_created").get<bool>();
    const auto queues = words.at("queues").get<std::size_t>();
    if (queues == 0 || descriptors.size() < queues || descriptors.size() > queues + 1) {
      throw std::runtime_error("the descriptors of a TAP are not complete");
    }
    if (descriptors.size() > queues) {
      tap.sender = std::move(descriptors.back());
      descriptors.pop_back();
    }
    tap.queues = std::move(descriptors);
    taps_.insert_or_assign(words.at("port").get<std::string>(), std::move(tap));
  } else if (about == "stations") {
    stations_.push_back(words);
  }
  // A later version may tell more, which is not known here.
}

void Inheritance::build(Network& network) {
  network.begin_composed_change();
  try {
    build_all(network);
  } catch (...) {
    for (const auto& [name, home] : network.switches()) {
      (void)home.engine->begin_receiving();  // by those that are there
    }
    network.set_revision(revision_);
    throw;
  }
  network.set_revision(revision_);
}

void Inheritance::build_all(Network& network) {
  for (const auto& [name, spec] : configuration_.switches) {
    build_switch(network, spec);
  }
  for (const Json& told : stations_) {
    learn(network, told);
  }
  for (const auto& [name, home] : network.switches()) {
    value_or_refuse(home.engine->begin_receiving());
  }
}

void Inheritance::build_switch(Network& network, const config::SwitchSpec& spec) {
  config::SwitchSpec bare = spec;
  bare.ports.clear();
  bare.static_entries.clear();
  Network::RunningSwitch& home = network.add_switch(bare);
  home.engine->receive_later();
  for (const config::PortSpec& port : spec.ports) {
    add_port(network, home, port);
  }
  for (const config::StaticEntry& entry : spec.static_entries) {
    network.add_static(network.find_port(entry.port), {.vid = entry.vlan, .mac = entry.mac});
  }
}

void Inheritance::add_port(Network& network, Network::RunningSwitch& home, config::PortSpec spec) {
  if (spec.worker && *spec.worker >= network.worker_count()) {
    spec.worker.reset();  // there are fewer now
  }
  const auto* tap_spec = std::get_if<config::TapSpec>(&spec.far_end);
  if (tap_spec == nullptr) {
    network.add_port(home, spec);
    return;
  }
  const auto handed = taps_.find(spec.name);
  if (handed == taps_.end()) {
    throw std::runtime_error(fmt::format("the TAP of port '{}' did not come", spec.name));
  }
  HandedTap& tap = handed->second;
  if (tap.queues.size() != tap_spec->queues) {
    throw std::runtime_error(fmt::format("the TAP of port '{}' came with {} queues, and it has {}",
                                         spec.name, tap.queues.size(), tap_spec->queues));
  }
  network.attach_port(
      home, spec,
      opened_tap(TapPort::inherit(
          TapDevice::inherit(std::move(tap.queues), std::move(tap.sender), tap.framing),
          tap_options(*tap_spec, all_offloads), tap.was_created)));
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
