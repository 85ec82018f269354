// SPDX-License-Identifier: Apache-2.0
// mirror.cpp: mirror.add, mirror.list and mirror.remove.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "control/api/arguments.hpp"
#include "control/api/aside.hpp"
#include "control/api/handlers.hpp"
#include "control/config/mirrors.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/work.hpp"

namespace tapswitch::api {
namespace {

using config::MirrorSpec;

Json describe(const Network::RunningSwitch& home, const MirrorSpec& spec) {
  Json json = {{"name", spec.name}, {"switch", home.spec.name}};
  json.update(config::to_json(spec, config::Format::full));
  return json;
}

// The filter is compiled aside, for a name in it may be one that is to be looked up.
class AddWork final : public rpc::Work {
 public:
  // Both must outlive it.
  AddWork(Network& network, const Json& params) : network_(network), params_(params) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    const auto spec = reading_.result_soon();
    if (!spec) {
      return std::nullopt;
    }
    Network::RunningSwitch& home = network_.check_add_mirror(*spec);
    if (is_dry_run(params_)) {
      return rpc::to_line(plan("+ " + config::in_words(*spec)));
    }
    network_.set_mirror(home, *spec);
    return rpc::to_line(describe(home, *spec));
  }

 private:
  Network& network_;
  const Json& params_;
  Aside<MirrorSpec> reading_{
      [this] { return config::mirror_from_json(params_.at("name").get<std::string>(), params_); }};
};

Json list(Network& network, const Json& params) {
  const auto only = optional_text(params, "switch");
  if (only) {
    (void)network.find_switch(only);
  }
  Json all = Json::array();
  for (const auto& [name, home] : network.switches()) {
    for (const auto& [mirror, spec] : home.spec.mirrors) {
      if (!only || *only == name) {
        all.push_back(describe(home, spec));
      }
    }
  }
  return {{"mirrors", std::move(all)}};
}

Json remove(Network& network, const Json& params) {
  const auto name = params.at("name").get<std::string>();
  Network::RunningSwitch& home = network.find_mirror(name);
  if (is_dry_run(params)) {
    return plan("- mirror " + name);
  }
  network.remove_mirror(home, name);
  return Json::object();
}

}  // namespace

void add_mirror_handlers(Handlers& handlers, Network& network) {
  handlers["mirror.add"] = [&network](const Json& params, const rpc::Caller&) {
    return std::make_unique<AddWork>(network, params);
  };
  handlers["mirror.list"] = [&network](const Json& params, const rpc::Caller&) {
    return list(network, params);
  };
  handlers["mirror.remove"] = [&network](const Json& params, const rpc::Caller&) {
    return remove(network, params);
  };
}

}  // namespace tapswitch::api
