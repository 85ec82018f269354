// SPDX-License-Identifier: Apache-2.0
#include "control/network/describe.hpp"

#include <utility>

#include "control/config/append.hpp"
#include "control/config/document.hpp"
#include "control/config/offload_names.hpp"

namespace tapswitch::network {

SwitchDescription::SwitchDescription(const RunningSwitch& running)
    : name(running.spec.name),
      ageing(running.spec.ageing),
      fdb_capacity(running.spec.fdb_capacity),
      rule(running.rule()),
      stp(running.spec.stp),
      is_wire(running.spec.is_wire),
      stations(running.engine->fdb().size()),
      ports(running.port_names.size()) {}

PortDescription::PortDescription(const RunningPort& port, LinkStatus now)
    : spec(port.spec),
      switch_name(port.home->spec.name),
      state(port.state(now)),
      link(std::move(now)),
      stations(port.home->engine->fdb().count_on(port.index)),
      worker(port.home->engine->worker_of(port.index)),
      number(port.number),
      offloads(port.port->offloads()),
      door(port.came_by),
      refusal(port.is_lost ? port.refusal : ""),
      path_refusal(port.path_refusal()),
      tunnel(port.end->describe_tunnel()) {
  spec.rule = port.rule();
  for (const FloodKind kind : flood_kinds) {
    if (port.storms[to_size(kind)].is_under_way()) {
      storms.push_back(kind);
    }
  }
}

Json to_json(const SwitchDescription& description) {
  Json json = {
      {"name", description.name},
      {"fdb",
       {{"ageing_seconds", description.ageing.count()},
        {"capacity", description.fdb_capacity},
        {"stations", description.stations}}},
      {"forward_reserved", config::forward_reserved_to_json(description.rule.forwarded_reserved)},
      {"wire", description.is_wire},
      {"ports", description.ports}};
  if (description.stp != config::StpSpec()) {
    json["stp"] = config::to_json(description.stp);
  }
  return json;
}

Json describe(const RunningSwitch& running) { return to_json(SwitchDescription(running)); }

Json to_json(const PortDescription& description) {
  const LinkStatus& link = description.link;
  Json json = {{"name", description.spec.name},
               {"number", description.number},
               {"switch", description.switch_name},
               {"state", description.state},
               {"link",
                {{"interface", link.interface.empty() ? Json() : Json(link.interface)},
                 {"mac", link.mac ? Json(link.mac->to_string()) : Json()},
                 {"mtu", link.mtu}}},
               {"stations", description.stations},
               {"worker", description.worker},
               {"offloads", config::offloads_to_json(description.offloads)}};
  if (!description.door.empty()) {
    json["door"] = description.door;
  }
  if (!description.refusal.empty()) {
    json["lost_because"] = description.refusal;
  }
  if (!description.tunnel.is_null()) {
    json["tunnel"] = description.tunnel;
  }
  if (!description.spec.rule.storm.is_none()) {
    Json& storms = json["storms"] = Json::array();
    for (const FloodKind kind : description.storms) {
      storms.push_back(text_of(kind));
    }
  }
  json.update(config::to_json(description.spec, config::Format::full));
  // In place of what its user says of it.
  json["kernel_path"] = path_to_json(description.path_refusal);
  return json;
}

Json path_to_json(const std::optional<std::string>& refusal) {
  return refusal ? Json{{"state", "off"}, {"reason", *refusal}} : Json{{"state", "on"}};
}

Json describe(const RunningPort& port, const LinkStatus& link) {
  return to_json(PortDescription(port, link));
}

Json describe(const FdbEntry& entry, const std::string& port) {
  return config::object_of("mac", entry.station.mac.to_string(), "vlan", entry.station.vid, "port",
                           port, "kind",
                           entry.kind == StationKind::static_entry ? "static" : "dynamic",
                           "age_seconds", entry.age.count());
}

}  // namespace tapswitch::network
