// SPDX-License-Identifier: Apache-2.0
// port.cpp: port.add, .remove, .list, .get and .set.
#include <string_view>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/api/offload_names.hpp"
#include "control/config/document.hpp"

namespace tapswitch::api {
namespace {

using RunningPort = Network::RunningPort;
using RunningSwitch = Network::RunningSwitch;

std::string_view state_of(const RunningPort& port, const LinkStatus& link) {
  if (port.is_lost || !link.is_present) {
    return "lost";
  }
  if (!link.is_up) {
    return "down";
  }
  return link.has_carrier ? "up" : "no_carrier";
}

Json to_json(const RunningPort& port, LinkReader& reader) {
  const LinkStatus link = port.link(reader);
  Json json = {{"name", port.spec.name},
               {"switch", port.home->spec.name},
               {"state", state_of(port, link)},
               {"link",
                {{"interface", link.interface},
                 {"mac", link.mac ? Json(link.mac->to_string()) : Json()},
                 {"mtu", link.mtu}}},
               {"stations", port.home->engine->fdb().count_on(port.index)},
               {"worker", port.home->engine->worker_of(port.index)},
               {"offloads", offloads_to_json(port.tap->offloads())}};
  json.update(config::to_json(port.spec, config::Format::full));
  return json;
}

Json to_json(const RunningPort& port) {
  LinkReader reader;
  return to_json(port, reader);
}

Json add(Network& network, const Json& params) {
  RunningSwitch& home = network.find_switch(optional_text(params, "switch"));
  config::PortSpec spec;
  config::change(spec, params);
  network.check_add_port(home, spec);
  if (is_dry_run(params)) {
    return plan("+ port " + spec.name);
  }
  return to_json(network.add_port(home, spec));
}

Json remove(Network& network, const Json& params) {
  RunningPort& port = network.find_port(params.at("name"));
  if (is_dry_run(params)) {
    return plan("- port " + port.spec.name);
  }
  network.remove_port(port);
  return Json::object();
}

Json list(Network& network, const Json& params) {
  const RunningSwitch* home = nullptr;
  if (const auto name = optional_text(params, "switch")) {
    home = &network.find_switch(name);
  }
  const auto state = optional_text(params, "state");
  const auto vid = optional_vlan(params);
  LinkReader reader;
  Json ports = Json::array();
  for (const auto& [name, port] : network.ports()) {
    if ((home != nullptr && port.home != home) || (vid && !port.spec.rule.vlan.carries(*vid))) {
      continue;
    }
    Json json = to_json(port, reader);
    if (!state || json["state"] == *state) {
      ports.push_back(std::move(json));
    }
  }
  return {{"ports", std::move(ports)}};
}

Json set(Network& network, const Json& params) {
  RunningPort& port = network.find_port(params.at("name"));
  config::PortSpec spec = port.spec;
  config::change(spec, params);
  const config::TapChange change = config::tap_change_from_json(params);
  network.check_set_port(port, spec, change);
  if (is_dry_run(params)) {
    return plan("~ port " + spec.name);
  }
  network.set_port(port, spec, change);
  return to_json(port);
}

}  // namespace

void add_port_handlers(Handlers& handlers, Network& network) {
  handlers["port.add"] = [&network](const Json& params, const rpc::Caller&) {
    return add(network, params);
  };
  handlers["port.remove"] = [&network](const Json& params, const rpc::Caller&) {
    return remove(network, params);
  };
  handlers["port.list"] = [&network](const Json& params, const rpc::Caller&) {
    return list(network, params);
  };
  handlers["port.get"] = [&network](const Json& params, const rpc::Caller&) {
    return to_json(network.find_port(params.at("name")));
  };
  handlers["port.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set(network, params);
  };
}

}  // namespace tapswitch::api
