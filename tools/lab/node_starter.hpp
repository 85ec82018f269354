// SPDX-License-Identifier: Apache-2.0
// node_starter.hpp: brings one node up: its kernel parameters, routes, commands and processes, or
// its virtual machine; and waits until it is ready. Its namespace and its ports are there.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "control/lab/model.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/log_keeper.hpp"
#include "tools/lab/outside.hpp"
#include "tools/lab/progress.hpp"
#include "tools/lab/started_processes.hpp"
#include "tools/lab/state.hpp"

namespace tapswitch::lab {

// All nodes of a lab have these in common while they are brought up.
struct Site {
  const LabSpec& lab;
  std::string directory;   // the lab's
  std::string files_from;  // the directory of the lab file, where commands are run
  StateFile& state;
  Progress& progress;
  LogKeeper& logs;
  StartedProcesses& started;
  Outside& outside;
};

// Returns what is called 'node' in progress and failures.
[[nodiscard]] std::string title_of(const NodeSpec& node);

// Sets the parameters that there are before there are interfaces. Throws Failure.
void set_early_sysctls(const Site& site, const NodeSpec& node);

// The rest; the node counts as up afterwards. Throws Failure, with the last lines of what failed;
// also if all is given up meanwhile, with those of what it was waiting for.
void start_node(const Site& site, const NodeSpec& node, const std::stop_token& given_up);

// Starts 'processes' of a node that is up ("qemu" of a virtual machine) again, and waits until it
// is ready. What is left of them is ended before. Throws Failure.
void restart_processes(const Site& site, const NodeSpec& node,
                       const std::vector<std::string>& processes);

}  // namespace tapswitch::lab
