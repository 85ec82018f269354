// SPDX-License-Identifier: Apache-2.0
#include "control/api/subscribing_work.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "control/network/describe.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::api {
namespace {

using events::Topic;
using network::Network;

// Holds the present state of what a subscriber wants to know of, as values that cost little to
// take.
struct Snapshot {
  struct VlanName {
    std::string switch_name;
    VlanId vid;
    std::string name;
  };
  struct StationAt {
    std::shared_ptr<const std::string> switch_name;
    std::shared_ptr<const std::string> port;
    FdbEntry entry;
  };

  std::optional<std::vector<network::SwitchDescription>> switches = {};
  std::optional<std::vector<network::PortDescription>> ports = {};
  std::optional<std::vector<VlanName>> vlans = {};
  std::optional<std::vector<StationAt>> stations = {};
};

void take_vlans(const Network::RunningSwitch& home, std::vector<Snapshot::VlanName>& taken) {
  for (const auto& [vid, name] : home.spec.vlan_names) {
    taken.push_back({home.spec.name, vid, name});
  }
}

void take_stations(Network& network, const std::string& switch_name,
                   std::vector<Snapshot::StationAt>& taken) {
  Network::RunningSwitch& home = network.find_switch(switch_name);
  const auto shared_name = std::make_shared<const std::string>(switch_name);
  std::map<PortIndex, std::shared_ptr<const std::string>> ports;
  for (const auto& [index, name] : home.port_names) {
    ports.emplace(index, std::make_shared<const std::string>(name));
  }
  for (const FdbEntry& entry : network.snapshot_stations(home)) {
    if (const auto port = ports.find(entry.port); port != ports.end()) {
      taken.push_back({shared_name, port->second, entry});
    }
  }
}

// Requires: all older changes have been told.
Snapshot snapshot_of(Network& network, const events::Wish& wish) {
  const auto is_wanted = [&](Topic topic) { return wish.topics.test(to_size(topic)); };
  const auto is_included = [&](const Network::RunningSwitch& home) {
    return !wish.switch_name || *wish.switch_name == home.spec.name;
  };
  Snapshot snapshot;
  if (is_wanted(Topic::ports)) {
    snapshot.ports.emplace();
    for (const auto& [name, port] : network.ports()) {
      if (is_included(*port.home)) {
        snapshot.ports->emplace_back(port, port.seen);
      }
    }
  }
  const auto take_of_each = [&](Topic topic, auto& taken, auto take) {
    if (!is_wanted(topic)) {
      return;
    }
    taken.emplace();
    for (const auto& [name, running] : network.switches()) {
      if (is_included(running)) {
        take(name, running, *taken);
      }
    }
  };
  take_of_each(Topic::switches, snapshot.switches,
               [](const auto&, const auto& running, auto& all) { all.emplace_back(running); });
  take_of_each(Topic::vlans, snapshot.vlans,
               [](const auto&, const auto& running, auto& all) { take_vlans(running, all); });
  take_of_each(Topic::stations, snapshot.stations, [&](const auto& name, const auto&, auto& all) {
    take_stations(network, name, all);
  });
  return snapshot;
}

std::string line_of_vlan(const Snapshot::VlanName& vlan) {
  return rpc::to_line({{"switch", vlan.switch_name}, {"vid", vlan.vid}, {"name", vlan.name}});
}

std::string line_of_station(const Snapshot::StationAt& station) {
  Json json = {{"switch", *station.switch_name}};
  json.update(network::describe(station.entry, *station.port));
  return rpc::to_line(json);
}

template <class Description>
std::string line_of_description(const Description& description) {
  return rpc::to_line(to_json(description));
}

}  // namespace

SubscribingWork::SubscribingWork(Network& network, rpc::Outlet& outlet, events::Wish wish)
    : network_(network), outlet_(outlet), wish_(std::move(wish)) {}

std::optional<std::string> SubscribingWork::go_on() {
  try {
    if (!subscription_) {
      begin();
      return std::nullopt;
    }
    return answer_.go_on();
  } catch (...) {
    if (subscription_) {
      network_.events().unsubscribe(outlet_, *subscription_);
    }
    throw;
  }
}

void SubscribingWork::begin() {
  network_.follow_links();
  Snapshot snapshot;
  subscription_ =
      network_.events().subscribe(outlet_, wish_, [&] { snapshot = snapshot_of(network_, wish_); });
  answer_.say(fmt::format(R"({{"subscription":{},"snapshot":{{)", *subscription_));
  say("switches", std::move(snapshot.switches), line_of_description<network::SwitchDescription>);
  say("ports", std::move(snapshot.ports), line_of_description<network::PortDescription>);
  say("vlans", std::move(snapshot.vlans), line_of_vlan);
  say("entries", std::move(snapshot.stations), line_of_station);
  answer_.say("}}");
}

template <class Thing>
void SubscribingWork::say(std::string_view key, std::optional<std::vector<Thing>> things,
                          std::string (*line_of)(const Thing&)) {
  if (things) {
    answer_.say(fmt::format(R"({}"{}":[)", std::exchange(is_first_, false) ? "" : ",", key));
    answer_.say_list(*std::move(things), line_of);
    answer_.say("]");
  }
}

}  // namespace tapswitch::api
