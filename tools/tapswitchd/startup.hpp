// SPDX-License-Identifier: Apache-2.0
// startup.hpp: does what --port, --config, --autosave, --check-config and --check-kernel-path mean.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "control/api/startup_file.hpp"
#include "tools/tapswitchd/options.hpp"

namespace tapswitch::daemon {

// Opens the ports of the command line that are not there. Throws UsageError for a wrong name.
void open_ports(network::Network& network, network::Network::RunningSwitch& home,
                const Options& options, std::span<const rpc::Method> methods);

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

// Whether the kernel and the rights of this process allow a kernel path, and if not why, as
// system.info tells of it; and whether nothing of it would outlive a process that is killed.
std::string check_kernel_path();

}  // namespace tapswitch::daemon
