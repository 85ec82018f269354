// SPDX-License-Identifier: Apache-2.0
// event.cpp: event.subscribe and event.unsubscribe, and the samples of topic stats.
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/append.hpp"
#include "control/network/describe.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

using config::append;
using events::EventHub;
using events::Topic;

// The present state of what a subscriber wants to know of. All older changes have been told.
Json snapshot_of(Network& network, const events::Wish& wish) {
  network.follow_links();
  const auto is_wanted = [&](Topic topic) { return wish.topics.test(to_size(topic)); };
  const auto is_included = [&](const Network::RunningSwitch& home) {
    return !wish.switch_name || *wish.switch_name == home.spec.name;
  };
  Json snapshot = Json::object();
  const auto list = [&](Topic topic, const char* key) -> Json* {
    return is_wanted(topic) ? &(snapshot[key] = Json::array()) : nullptr;
  };
  if (Json* switches = list(Topic::switches, "switches")) {
    for (const auto& [name, running] : network.switches()) {
      if (is_included(running)) {
        switches->push_back(describe(running));
      }
    }
  }
  if (Json* ports = list(Topic::ports, "ports")) {
    for (const auto& [name, port] : network.ports()) {
      if (is_included(*port.home)) {
        ports->push_back(describe(port, port.seen));
      }
    }
  }
  if (Json* vlans = list(Topic::vlans, "vlans")) {
    for (const auto& [switch_name, running] : network.switches()) {
      for (const auto& [vid, name] : running.spec.vlan_names) {
        if (is_included(running)) {
          vlans->push_back({{"switch", switch_name}, {"vid", vid}, {"name", name}});
        }
      }
    }
  }
  if (Json* entries = list(Topic::stations, "entries")) {
    for (const auto& [name, running] : network.switches()) {
      if (!is_included(running)) {
        continue;
      }
      for (const FdbEntry& entry : network.snapshot_stations(network.find_switch(name))) {
        if (const std::string* port = network.port_name(running, entry.port)) {
          Json json = {{"switch", name}};
          json.update(network::describe(entry, *port));
          entries->push_back(std::move(json));
        }
      }
    }
  }
  return snapshot;
}

rpc::Outlet& outlet_of(const rpc::Caller& caller) {
  if (caller.outlet == nullptr) {
    throw rpc::Error(rpc::ErrorKind::unsupported, "nothing but replies can be sent this way");
  }
  return *caller.outlet;
}

Json subscribe(Network& network, const Json& params, const rpc::Caller& caller) {
  events::Wish wish;
  if (const auto topics = params.find("topics"); topics != params.end()) {
    for (const Json& name : *topics) {
      wish.topics.set(to_size(*events::find_topic(name.get<std::string>())));
    }
  } else {
    wish.topics.set().reset(to_size(Topic::statistics));
  }
  wish.switch_name = optional_text(params, "switch");
  if (wish.switch_name) {
    (void)network.find_switch(wish.switch_name);
  }
  wish.interval = std::chrono::seconds(rpc::integer_or(params, "interval_seconds", 1));
  Json result = {{"subscription", 0}};
  const auto take_snapshot = [&] {
    if (boolean_or(params, "snapshot", false)) {
      result["snapshot"] = snapshot_of(network, wish);
    }
  };
  result["subscription"] = network.events().subscribe(outlet_of(caller), wish, take_snapshot);
  return result;
}

Json sample_of(const Network::RunningSwitch& home, const Network& network, RateMeter& meter,
               TimePoint now) {
  Json ports = Json::object();
  for (const Network::RunningPort* port : network.ports_of(home)) {
    const PortTotals totals = port->totals();
    std::uint64_t drops = 0;
    for (const std::uint64_t count : totals.drops) {
      drops += count;
    }
    Json json = meter.rates(*port, now);
    json["in_octets"] = totals.in_octets;
    json["out_octets"] = totals.out_octets;
    json["drops"] = drops;
    append(ports, port->spec.name, std::move(json));
  }
  return {{"stations", home.engine->fdb().size()}, {"ports", std::move(ports)}};
}

}  // namespace

void add_event_handlers(Handlers& handlers, Network& network) {
  handlers["event.subscribe"] = [&network](const Json& params, const rpc::Caller& caller) {
    return subscribe(network, params, caller);
  };
  handlers["event.unsubscribe"] = [&network](const Json& params, const rpc::Caller& caller) {
    network.events().unsubscribe(outlet_of(caller), params.at("subscription").get<std::uint64_t>());
    return Json::object();
  };
}

void publish_statistics(Network& network, RateMeter& meter, TimePoint now) {
  network.events().sample(now, [&] {
    std::vector<EventHub::Sample> samples;
    for (const auto& [name, running] : network.switches()) {
      samples.push_back({name, sample_of(running, network, meter, now)});
    }
    return samples;
  });
}

}  // namespace tapswitch::api
