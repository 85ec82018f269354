// SPDX-License-Identifier: Apache-2.0
#include "control/network/describe.hpp"

#include "control/config/append.hpp"
#include "control/config/document.hpp"
#include "control/config/offload_names.hpp"

namespace tapswitch::network {

Json describe(const Network::RunningSwitch& running) {
  const Fdb& fdb = running.engine->fdb();
  return {
      {"name", running.spec.name},
      {"fdb",
       {{"ageing_seconds", running.spec.ageing.count()},
        {"capacity", running.spec.fdb_capacity},
        {"stations", fdb.size()}}},
      {"forward_reserved", config::forward_reserved_to_json(running.spec.rule.forwarded_reserved)},
      {"ports", running.port_names.size()}};
}

Json describe(const Network::RunningPort& port, const LinkStatus& link) {
  Json json = {{"name", port.spec.name},
               {"switch", port.home->spec.name},
               {"state", port.state(link)},
               {"link",
                {{"interface", link.interface.empty() ? Json() : Json(link.interface)},
                 {"mac", link.mac ? Json(link.mac->to_string()) : Json()},
                 {"mtu", link.mtu}}},
               {"stations", port.home->engine->fdb().count_on(port.index)},
               {"worker", port.home->engine->worker_of(port.index)},
               {"offloads", config::offloads_to_json(port.port->offloads())}};
  if (port.is_guest()) {
    json["door"] = port.came_by;
  }
  json.update(config::to_json(port.spec, config::Format::full));
  return json;
}

Json describe(const FdbEntry& entry, const std::string& port) {
  return config::object_of("mac", entry.station.mac.to_string(), "vlan", entry.station.vid, "port",
                           port, "kind",
                           entry.kind == StationKind::static_entry ? "static" : "dynamic",
                           "age_seconds", entry.age.count());
}

}  // namespace tapswitch::network
