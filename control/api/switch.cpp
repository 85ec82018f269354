// SPDX-License-Identifier: Apache-2.0
// switch.cpp: switch.add, .remove, .list, .get and .set.
#include <memory>
#include <optional>
#include <string>

#include "control/api/arguments.hpp"
#include "control/api/closing_work.hpp"
#include "control/api/handlers.hpp"
#include "control/api/in_pieces.hpp"
#include "control/config/document.hpp"
#include "control/network/describe.hpp"
#include "control/rpc/jsonrpc.hpp"

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

rpc::Outcome remove_switch(Network& network, const Json& params) {
  RunningSwitch& running = network.find_switch(optional_text(params, "name"));
  const bool force = boolean_or(params, "force", false);
  network.check_remove_switch(running, force);
  if (is_dry_run(params)) {
    return plan("- switch " + running.spec.name);
  }
  return std::make_unique<ClosingWork>(network.remove_switch(running, force));
}

rpc::Outcome list_switches(const Network& network) {
  auto list = std::make_unique<InPieces>();
  list->say(R"({"switches":[)");
  list->say_each(network.switches(), [](const std::string& /*name*/, const RunningSwitch& running) {
    return std::optional(rpc::to_line(describe(running)));
  });
  list->say("]}");
  return list;
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
