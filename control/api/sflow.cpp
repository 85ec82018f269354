// SPDX-License-Identifier: Apache-2.0
// sflow.cpp: sflow.set, sflow.get and sflow.clear.
#include <optional>

#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/sflow.hpp"

namespace tapswitch::api {
namespace {

using config::SflowSpec;

Json describe_sflow(Network& network) {
  Json json = config::to_json(network.sflow().value_or(SflowSpec()), config::Format::full);
  const auto agent = network.sampling().agent();
  json["agent"] = agent ? Json(agent->to_string()) : Json();
  const Exporter::Progress progress = network.sampling().progress();
  json.update({{"datagrams", progress.datagrams},
               {"datagrams_refused", progress.refused},
               {"flow_samples", progress.flow_samples},
               {"discard_samples", progress.discard_samples},
               {"counter_samples", progress.counter_samples},
               {"counter_samples_lost", progress.counters_lost}});
  return json;
}

Json set_sflow(Network& network, const Json& params) {
  SflowSpec spec = network.sflow().value_or(SflowSpec());
  config::change(spec, params);
  network.sampling().check_set(spec);
  if (is_dry_run(params)) {
    return plan((network.sflow() ? "~ " : "+ ") + config::in_words(spec));
  }
  network.sampling().set(spec);
  return describe_sflow(network);
}

}  // namespace

void add_sflow_handlers(Handlers& handlers, Network& network) {
  handlers["sflow.set"] = [&network](const Json& params, const rpc::Caller&) {
    return set_sflow(network, params);
  };
  handlers["sflow.get"] = [&network](const Json&, const rpc::Caller&) {
    return describe_sflow(network);
  };
  handlers["sflow.clear"] = [&network](const Json& params, const rpc::Caller&) -> Json {
    if (is_dry_run(params)) {
      return plan("- sflow");
    }
    network.sampling().set(std::nullopt);
    return Json::object();
  };
}

}  // namespace tapswitch::api
