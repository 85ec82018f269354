// SPDX-License-Identifier: Apache-2.0
// event.cpp: event.subscribe and event.unsubscribe, and the samples of topic stats.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/api/subscribing_work.hpp"
#include "control/config/append.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

using config::append;
using events::EventHub;
using events::Topic;

rpc::Outlet& outlet_of(const rpc::Caller& caller) {
  if (caller.outlet == nullptr) {
    throw rpc::Error(rpc::ErrorKind::unsupported, "nothing but replies can be sent this way");
  }
  return *caller.outlet;
}

rpc::Outcome subscribe(Network& network, const Json& params, const rpc::Caller& caller) {
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
  rpc::Outlet& outlet = outlet_of(caller);
  if (boolean_or(params, "snapshot", false)) {
    return std::make_unique<SubscribingWork>(network, outlet, std::move(wish));
  }
  return Json{{"subscription", network.events().subscribe(outlet, std::move(wish))}};
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
