// SPDX-License-Identifier: Apache-2.0
// fdb.cpp: fdb.list, .add, .remove and .flush.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/api/in_pieces.hpp"
#include "control/network/describe.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

std::optional<StationKind> optional_kind(const Json& params) {
  const auto kind = optional_text(params, "kind");
  if (!kind) {
    return std::nullopt;
  }
  return *kind == "static" ? StationKind::static_entry : StationKind::dynamic_entry;
}

// Which switch, and which of its entries. A port names its switch.
struct Selection {
  RunningSwitch* home = nullptr;
  Fdb::Filter filter;

  Selection(Network& network, const Json& params) {
    const auto switch_name = optional_text(params, "switch");
    if (const auto port_name = optional_text(params, "port")) {
      const RunningPort& port = network.find_port(*port_name);
      home = port.home;
      filter.port = port.index;
      if (switch_name && *switch_name != home->spec.name) {
        throw rpc::invalid_params(
            {{"switch", "port '" + *port_name + "' is on another switch", home->spec.name}});
      }
    } else {
      home = &network.find_switch(switch_name);
    }
    filter.vid = optional_vlan(params);
    filter.kind = optional_kind(params);
    filter.mac = optional_mac(params);
  }
};

Station read_station(const Json& params) {
  const Station station{.vid = *optional_vlan(params), .mac = *optional_mac(params)};
  if (station.mac.is_group() || station.mac.is_zero()) {
    throw rpc::invalid_params({{"mac", station.mac.to_string() + " is not the address of a station",
                                "a unicast address"}});
  }
  return station;
}

std::string in_words(const Station& station) {
  return station.mac.to_string() + " in VLAN " + std::to_string(station.vid);
}

// Ports are named before the first piece: another may have the index of one that goes.
rpc::Outcome list_stations(Network& network, const Json& params) {
  constexpr std::int64_t default_limit = 1000;
  const Selection selection(network, params);
  const Fdb::Page page = selection.home->engine->fdb().page(
      selection.filter, static_cast<std::size_t>(rpc::integer_or(params, "cursor", 0)),
      static_cast<std::size_t>(rpc::integer_or(params, "limit", default_limit)),
      std::chrono::steady_clock::now());
  std::vector<std::pair<FdbEntry, std::string>> entries;
  for (const FdbEntry& entry : page.entries) {
    if (const std::string* port = network.port_name(*selection.home, entry.port)) {
      entries.emplace_back(entry, *port);
    }
  }
  auto list = std::make_unique<InPieces>();
  list->say(R"({"entries":[)");
  list->say_list(std::move(entries), [](const auto& entry) {
    return rpc::to_line(network::describe(entry.first, entry.second));
  });
  list->say(R"(],"next_cursor":)" +
            rpc::to_line(page.next_cursor ? Json(*page.next_cursor) : Json()) + "}");
  return list;
}

Json add_station(Network& network, const Json& params) {
  const Station station = read_station(params);
  RunningPort& port = network.find_port(params.at("port"));
  // A document may have such an entry, as one stays when the VLAN is taken off; a new one is a
  // mistake.
  if (!port.spec.rule.vlan.carries(station.vid)) {
    throw rpc::invalid_params(
        {{"vlan",
          "port '" + port.spec.name + "' does not carry VLAN " + std::to_string(station.vid),
          "a VLAN of the port"}});
  }
  Network::check_add_static(port, station);
  if (is_dry_run(params)) {
    return plan("+ station " + in_words(station) + " on port " + port.spec.name);
  }
  network.add_static(port, station);
  return network::describe(
      {.station = station, .port = port.index, .kind = StationKind::static_entry, .age = {}},
      port.spec.name);
}

Json remove_station(Network& network, const Json& params) {
  const Station station = read_station(params);
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  Network::check_remove_station(home, station);
  if (is_dry_run(params)) {
    return plan("- station " + in_words(station));
  }
  network.remove_station(home, station);
  return Json::object();
}

Json flush(Network& network, const Json& params) {
  const Selection selection(network, params);
  if (is_dry_run(params)) {
    return plan("- stations of switch " + selection.home->spec.name);
  }
  return {{"removed", network.flush(*selection.home, selection.filter)}};
}

}  // namespace

void add_fdb_handlers(Handlers& handlers, Network& network) {
  handlers["fdb.list"] = [&network](const Json& params, const rpc::Caller&) {
    return list_stations(network, params);
  };
  handlers["fdb.add"] = [&network](const Json& params, const rpc::Caller&) {
    return add_station(network, params);
  };
  handlers["fdb.remove"] = [&network](const Json& params, const rpc::Caller&) {
    return remove_station(network, params);
  };
  handlers["fdb.flush"] = [&network](const Json& params, const rpc::Caller&) {
    return flush(network, params);
  };
}

}  // namespace tapswitch::api
