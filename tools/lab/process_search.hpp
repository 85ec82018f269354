// SPDX-License-Identifier: Apache-2.0
// process_search.hpp: processes found by what they are, not by their pids: those that a lab has
// started are known by their environment, which their children inherit, wherever they have gone.
//
// Limits: a process that was given another environment, or may not be looked at, is not found.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/lab/process.hpp"

namespace tapswitch::lab {

using Variables = std::vector<std::pair<std::string, std::string>>;

// All processes but ourselves for which 'is_meant' says so.
[[nodiscard]] std::vector<ProcessId> find_processes(const std::function<bool(pid_t)>& is_meant);

// The value of a variable in the environment that a process was given; nullopt: it has none, or may
// not be looked at.
[[nodiscard]] std::optional<std::string> variable_of(pid_t pid, const std::string& name);

// Returns those in whose environment all of 'variables' are.
[[nodiscard]] std::vector<ProcessId> processes_with(const Variables& variables);

// Ends what 'find' finds, as often as there is something: one may start another meanwhile.
void end_all(const std::function<std::vector<ProcessId>()>& find,
             std::chrono::milliseconds patience);

}  // namespace tapswitch::lab
