// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/startup.hpp"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace tapswitch::daemon {

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

}  // namespace tapswitch::daemon
