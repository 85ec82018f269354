// SPDX-License-Identifier: Apache-2.0
// startup.hpp: does what --config, --autosave and --check-config mean.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "control/api/startup_file.hpp"
#include "tools/tapswitchd/options.hpp"

namespace tapswitch::daemon {

// Null if no file was named. The network must outlive it.
std::unique_ptr<api::StartupFile> startup_file(network::Network& network, const Options& options);

// Null if no file was named; else saves to 'file', which need not be there yet.
api::SaveConfiguration save_to(const Options& options,
                               const std::unique_ptr<api::StartupFile>& file);

// The handlers as they are without --autosave.
api::Handlers autosaved(api::Handlers handlers, std::span<const rpc::Method> methods,
                        const std::unique_ptr<api::StartupFile>& file, const Options& options);

// A sentence that the file is right. Throws rpc::Error with all that is wrong with it.
std::string check_config(const std::string& path);

}  // namespace tapswitch::daemon
