// SPDX-License-Identifier: Apache-2.0
// statistics.cpp: stats.get and stats.rates.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/api/in_pieces.hpp"
#include "control/config/append.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

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
          {"fdb_evicted", counters.evicted},
          {"fdb_refused_table_full", counters.refused_table_full},
          {"fdb_refused_port_full", counters.refused_port_full}};
}

// The switches and ports that the parameters choose, by name: they may go while they are told of. A
// port stands for itself alone. Throws rpc::Error if there are none of these names, or if what is
// said of a port contradicts it.
struct Choice {
  std::optional<std::string> home;
  std::optional<std::string> port;

  Choice(Network& network, const Json& params)
      : home(optional_text(params, "switch")), port(optional_text(params, "port")) {
    if (home) {
      (void)network.find_switch(home);
    }
    if (!port) {
      return;
    }
    const RunningPort& chosen = network.find_port(*port);
    if (home && *home != chosen.home->spec.name) {
      throw rpc::invalid_params(
          {{"switch", "port '" + *port + "' is on another switch", chosen.home->spec.name}});
    }
    if (optional_vlan(params)) {
      throw rpc::invalid_params(
          {{"vlan", "a port does not count its frames by VLAN", "either a port or a VLAN"}});
    }
  }

  [[nodiscard]] bool includes(const RunningSwitch& running) const {
    return !port && (!home || *home == running.spec.name);
  }
  [[nodiscard]] bool includes(const RunningPort& candidate) const {
    return (!port || *port == candidate.spec.name) && (!home || *home == candidate.home->spec.name);
  }
};

std::string member(const std::string& name, const Json& value) {
  return rpc::to_line(name) + ':' + rpc::to_line(value);
}

// Says what 'tell' returns of each thing in 'map' that is chosen, as members of one object.
template <class Map, class Tell>
void say_members(InPieces& answer, const Map& map, const Choice& choice, Tell tell) {
  answer.say_each(
      map, [choice, tell = std::move(tell)](const std::string& name, const auto& thing) {
        return choice.includes(thing) ? std::optional(member(name, tell(thing))) : std::nullopt;
      });
}

rpc::Outcome get_statistics(Network& network, const Json& params) {
  const Choice choice(network, params);
  auto answer = std::make_unique<InPieces>();
  if (const auto vid = optional_vlan(params)) {
    answer->say(R"({"vlans":{)");
    say_members(*answer, network.switches(), choice, [vid](const RunningSwitch& running) -> Json {
      const VlanTotals totals = running.engine->vlan_totals(*vid);
      return {{"in_frames", totals.in_frames}, {"in_octets", totals.in_octets}};
    });
  } else {
    network.follow_links();
    answer->say(R"({"ports":{)");
    say_members(*answer, network.ports(), choice,
                [reader = std::make_shared<LinkReader>()](const RunningPort& port) {
                  return port_statistics(port, *reader);
                });
    if (!choice.port) {
      answer->say(R"(},"switches":{)");
      say_members(*answer, network.switches(), choice, switch_statistics);
    }
  }
  answer->say("}}");
  return answer;
}

rpc::Outcome rates(Network& network, RateMeter& meter, const Json& params) {
  const Choice choice(network, params);
  const std::chrono::seconds interval(rpc::integer_or(params, "interval_seconds", 1));
  network.follow_links();
  auto answer = std::make_unique<InPieces>();
  answer->say(R"({"ports":{)");
  say_members(*answer, network.ports(), choice,
              [&meter, interval, reader = std::make_shared<LinkReader>()](const RunningPort& port) {
                Json json = meter.rates(port, std::chrono::steady_clock::now(), interval);
                json["switch"] = port.home->spec.name;
                json["state"] = port.state(port.known_link(*reader));
                json["stations"] = port.home->engine->fdb().count_on(port.index);
                return json;
              });
  answer->say("}}");
  return answer;
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
