// SPDX-License-Identifier: Apache-2.0
// config.cpp: config.get.
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/config/append.hpp"
#include "control/config/document.hpp"

namespace tapswitch::api {

void add_config_handlers(Handlers& handlers, Network& network) {
  handlers["config.get"] = [&network](const Json& params, const rpc::Caller&) {
    const auto format = rpc::text_or(params, "format", "minimal") == "full"
                            ? config::Format::full
                            : config::Format::minimal;
    Json switches = Json::object();
    for (const auto& [name, running] : network.switches()) {
      config::append(switches, name, config::to_json(network.spec_of(running), format));
    }
    return Json{{"version", config::document_version}, {"switches", std::move(switches)}};
  };
}

}  // namespace tapswitch::api
