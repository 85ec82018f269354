// SPDX-License-Identifier: Apache-2.0
// statistics.cpp: stats.get and stats.rates.
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/append.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

using config::append;
using config::object_of;
using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

Json drops_to_json(const PortTotals& totals) {
  Json drops = Json::object();
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    if (totals.drops[reason] != 0) {
      append(drops, std::string(drop_reasons[reason].name), totals.drops[reason]);
    }
  }
  return drops;
}

Json port_statistics(const RunningPort& port, LinkReader& reader) {
  const PortTotals totals = port.totals();
  const KernelDrops kernel = port.drops(reader);
  return object_of("in_octets", totals.in_octets, "in_unicast", totals.in_frames[0], "in_multicast",
                   totals.in_frames[1], "in_broadcast", totals.in_frames[2], "out_octets",
                   totals.out_octets, "out_unicast", totals.out_frames[0], "out_multicast",
                   totals.out_frames[1], "out_broadcast", totals.out_frames[2], "drops",
                   drops_to_json(totals), "ingress_kernel_drops", kernel.ingress,
                   "egress_kernel_drops", kernel.egress);
}

Json switch_statistics(const RunningSwitch& running) {
  const FdbCounters counters = running.engine->fdb().counters();
  return {{"stations", running.engine->fdb().size()},
          {"fdb_added", counters.added},
          {"fdb_moved", counters.moved},
          {"fdb_aged", counters.aged},
          {"fdb_refused_table_full", counters.refused_table_full},
          {"fdb_refused_port_full", counters.refused_port_full}};
}

// The switches and ports that the parameters choose. A port stands for itself alone. Throws
// invalid_params if what is said of a port contradicts it.
struct Choice {
  const RunningSwitch* home = nullptr;
  const RunningPort* port = nullptr;

  Choice(Network& network, const Json& params) {
    if (const auto name = optional_text(params, "switch")) {
      home = &network.find_switch(name);
    }
    if (const auto name = optional_text(params, "port")) {
      port = &network.find_port(*name);
      if (home != nullptr && home != port->home) {
        throw rpc::invalid_params(
            {{"switch", "port '" + *name + "' is on another switch", port->home->spec.name}});
      }
      if (optional_vlan(params)) {
        throw rpc::invalid_params(
            {{"vlan", "a port does not count its frames by VLAN", "either a port or a VLAN"}});
      }
    }
  }

  [[nodiscard]] bool includes(const RunningSwitch& running) const {
    return port == nullptr && (home == nullptr || home == &running);
  }
  [[nodiscard]] bool includes(const RunningPort& candidate) const {
    return (port == nullptr || port == &candidate) && (home == nullptr || home == candidate.home);
  }
};

Json vlan_statistics(const Network& network, const Choice& choice, VlanId vid) {
  Json vlans = Json::object();
  for (const auto& [name, running] : network.switches()) {
    if (choice.includes(running)) {
      const VlanTotals totals = running.engine->vlan_totals(vid);
      append(vlans, name, {{"in_frames", totals.in_frames}, {"in_octets", totals.in_octets}});
    }
  }
  return {{"vlans", std::move(vlans)}};
}

Json get_statistics(Network& network, const Json& params) {
  const Choice choice(network, params);
  if (const auto vid = optional_vlan(params)) {
    return vlan_statistics(network, choice, *vid);
  }
  network.follow_links();
  LinkReader reader;
  Json ports = Json::object();
  for (const auto& [name, port] : network.ports()) {
    if (choice.includes(port)) {
      append(ports, name, port_statistics(port, reader));
    }
  }
  Json json = {{"ports", std::move(ports)}};
  if (choice.port == nullptr) {
    Json switches = Json::object();
    for (const auto& [name, running] : network.switches()) {
      if (choice.includes(running)) {
        append(switches, name, switch_statistics(running));
      }
    }
    json["switches"] = std::move(switches);
  }
  return json;
}

Json rates(Network& network, RateMeter& meter, const Json& params) {
  const Choice choice(network, params);
  const std::chrono::seconds interval(rpc::integer_or(params, "interval_seconds", 1));
  const TimePoint now = std::chrono::steady_clock::now();
  network.follow_links();
  LinkReader reader;
  Json ports = Json::object();
  for (const auto& [name, port] : network.ports()) {
    if (choice.includes(port)) {
      Json json = meter.rates(port, now, interval);
      json["switch"] = port.home->spec.name;
      json["state"] = port.state(port.known_link(reader));
      json["stations"] = port.home->engine->fdb().count_on(port.index);
      append(ports, name, std::move(json));
    }
  }
  return {{"ports", std::move(ports)}};
}

}  // namespace

void add_statistics_handlers(Handlers& handlers, Network& network, RateMeter& meter) {
  handlers["stats.get"] = [&network](const Json& params, const rpc::Caller&) {
    return get_statistics(network, params);
  };
  handlers["stats.rates"] = [&network, &meter](const Json& params, const rpc::Caller&) {
    return rates(network, meter, params);
  };
}

}  // namespace tapswitch::api
