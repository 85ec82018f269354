// SPDX-License-Identifier: Apache-2.0
// config.cpp: config.get, .diff, .apply and .save.
#include <fmt/format.h>

#include <utility>
#include <variant>

#include "control/api/apply.hpp"
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

Json get_configuration(const Network& network, const Json& params) {
  const auto format = rpc::text_or(params, "format", "minimal") == "full" ? config::Format::full
                                                                          : config::Format::minimal;
  Json document = config::to_json(network.configuration(), format);
  document["revision"] = network.revision();
  return document;
}

// From what runs to what 'params' want. Throws if the document has mistakes.
std::vector<config::Step> plan_of(const Network& network, const Json& params) {
  const bool merges = rpc::text_or(params, "mode", "replace") == "merge";
  const config::NetworkSpec running = network.configuration();
  const config::NetworkSpec wanted =
      config::read_or_refuse(params.at("config"), merges ? running : config::NetworkSpec());
  return config::plan(running, wanted);
}

Json plan_to_json(const std::vector<config::Step>& steps, const Network& network) {
  Json plan = Json::array();
  for (const config::Step& step : steps) {
    for (const config::PlanLine& line : step.lines) {
      plan.push_back({{"step", line.text}, {"disturbs", line.disturbs}});
    }
  }
  return {{"revision", network.revision()}, {"plan", std::move(plan)}};
}

// Returns what there is to know of the ports that 'steps' have added.
Json warnings_of(const std::vector<config::Step>& steps, const Network& network) {
  Json warnings = Json::array();
  for (const config::Step& step : steps) {
    if (const auto* added = std::get_if<config::AddPort>(&step.action)) {
      for (const std::string& remark : network.ports().at(added->spec.name).remarks) {
        warnings.push_back(fmt::format("port '{}': {}", added->spec.name, remark));
      }
    }
  }
  return warnings;
}

Json apply_document(Network& network, const Json& params) {
  network.check_revision(rpc::optional_integer(params, "if_revision"));
  const auto steps = plan_of(network, params);
  if (is_dry_run(params)) {
    return plan_to_json(steps, network);
  }
  carry_out(network, steps);
  Json answer = plan_to_json(steps, network);
  if (Json warnings = warnings_of(steps, network); !warnings.empty()) {
    answer["warnings"] = std::move(warnings);
  }
  return answer;
}

}  // namespace

void add_config_handlers(Handlers& handlers, Network& network, const SaveConfiguration& save) {
  handlers["config.get"] = [&network](const Json& params, const rpc::Caller&) {
    return get_configuration(network, params);
  };
  handlers["config.diff"] = [&network](const Json& params, const rpc::Caller&) {
    return plan_to_json(plan_of(network, params), network);
  };
  handlers["config.apply"] = [&network](const Json& params, const rpc::Caller&) {
    return apply_document(network, params);
  };
  handlers["config.save"] = [&network, save](const Json& params, const rpc::Caller&) {
    if (!save) {
      throw rpc::Error(rpc::ErrorKind::unsupported,
                       "there is no file to save to: start tapswitchd with --config FILE");
    }
    if (is_dry_run(params)) {
      return plan("~ startup file");
    }
    return Json{{"path", save()}, {"revision", network.revision()}};
  };
}

}  // namespace tapswitch::api
