// SPDX-License-Identifier: Apache-2.0
// switch.cpp: switch.add, .remove, .list, .get and .set.
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/document.hpp"
#include "control/network/describe.hpp"

namespace tapswitch::api {
namespace {

using RunningSwitch = Network::RunningSwitch;

Json add_switch(Network& network, const Json& params) {
  config::SwitchSpec spec;
  config::change(spec, params);
  network.check_add_switch(spec);
  if (is_dry_run(params)) {
    return plan("+ switch " + spec.name);
  }
  return describe(network.add_switch(spec));
}

Json remove_switch(Network& network, const Json& params) {
  RunningSwitch& running = network.find_switch(optional_text(params, "name"));
  const bool force = boolean_or(params, "force", false);
  network.check_remove_switch(running, force);
  if (is_dry_run(params)) {
    return plan("- switch " + running.spec.name);
  }
  network.remove_switch(running, force);
  return Json::object();
}

Json list_switches(const Network& network) {
  Json switches = Json::array();
  for (const auto& [name, running] : network.switches()) {
    switches.push_back(describe(running));
  }
  return {{"switches", switches}};
}

Json set_switch(Network& network, const Json& params) {
  RunningSwitch& running = network.find_switch(optional_text(params, "name"));
  config::SwitchSpec spec = running.spec;
  config::change(spec, params);
  network.check_set_switch(running, spec);
  if (is_dry_run(params)) {
    return plan("~ switch " + spec.name);
  }
  network.set_switch(running, spec);
  return describe(running);
}

}  // namespace

void add_switch_handlers(Handlers& handlers, Network& network) {
  handlers["switch.add"] = [&network](const Json& params, const rpc::Caller&) {
    return add_switch(network, params);
  };
  handlers["switch.remove"] = [&network](const Json& params, const rpc::Caller&) {
    return remove_switch(network, params);
  };
  handlers["switch.list"] = [&network](const Json&, const rpc::Caller&) {
    return list_switches(network);
  };
  handlers["switch.get"] = [&network](const Json& params, const rpc::Caller&) {
    return describe(network.find_switch(optional_text(params, "name")));
  };
  handlers["switch.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set_switch(network, params);
  };
}

}  // namespace tapswitch::api
