// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/startup.hpp"

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "control/config/document.hpp"
#include "control/network/describe.hpp"
#include "switch/kernel_path/kernel_path.hpp"

namespace tapswitch::daemon {

namespace {

const rpc::Schema& schema_of(std::string_view method, std::span<const rpc::Method> methods) {
  for (const rpc::Method& row : methods) {
    if (row.name == method) {
      return row.params;
    }
  }
  throw std::logic_error(std::string(method));
}

}  // namespace

void open_ports(network::Network& network, network::Network::RunningSwitch& home,
                const Options& options, std::span<const rpc::Method> methods) {
  for (const std::string& name : options.ports) {
    if (network.ports().contains(name)) {
      continue;
    }
    const Json json = {{"name", name}};
    for (const rpc::Problem& problem : schema_of("port.add", methods).check(json)) {
      throw UsageError(
          fmt::format("--port '{}': {} (allowed: {})", name, problem.problem, problem.allowed));
    }
    config::PortSpec port;
    config::change(port, json);
    network.add_port(home, port);
  }
}

std::unique_ptr<api::StartupFile> startup_file(network::Network& network, const Options& options) {
  return options.config ? std::make_unique<api::StartupFile>(network, *options.config) : nullptr;
}

api::SaveConfiguration save_to(const Options& options,
                               const std::unique_ptr<api::StartupFile>& file) {
  if (!options.config) {
    return nullptr;
  }
  return [&file] { return file->save(); };
}

api::Handlers autosaved(api::Handlers handlers, std::span<const rpc::Method> methods,
                        const std::unique_ptr<api::StartupFile>& file, const Options& options) {
  return options.autosave ? api::with_autosave(std::move(handlers), methods, *file) : handlers;
}

std::string check_config(const std::string& path) {
  const config::NetworkSpec network = api::read_startup_text(config::Store(path).read(), path);
  std::size_t ports = 0;
  for (const auto& [name, home] : network.switches) {
    ports += home.ports.size();
  }
  return fmt::format("{}: no mistakes ({} switches, {} ports)\n", path, network.switches.size(),
                     ports);
}

std::string check_kernel_path() {
  const auto path = KernelPath::open();
  Json json = network::path_to_json(path ? std::nullopt : std::optional(path.error().message()));
  if (path) {
    json["goes_with_process"] = (*path)->goes_with_process();
  }
  return json.dump() + '\n';
}

}  // namespace tapswitch::daemon
