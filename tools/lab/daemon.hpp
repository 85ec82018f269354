// SPDX-License-Identifier: Apache-2.0
// daemon.hpp: the tapswitchd that is a lab's own.
#pragma once

#include <functional>
#include <string>

#include "control/rpc/json.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {

// Where the program is: $TAPSWITCHD, beside this one, or in PATH. Throws Failure.
[[nodiscard]] std::string daemon_program();

// Starts it with 'document' and waits until it answers. Throws Failure with what it said last.
void start_daemon(const std::string& directory, const Json& document,
                  const std::function<void(const ProcessId&)>& record);

// Whether it runs and answers.
[[nodiscard]] bool daemon_answers(const std::string& directory);

// The plan lines of what 'document' would change; and the change itself. Throw Failure.
[[nodiscard]] Json difference(const std::string& directory, const Json& document);
void apply_document(const std::string& directory, const Json& document);

// Keeps 'document' as what the daemon is started with.
void save_document(const std::string& directory, const Json& document);

// The last lines of a file from 'offset' on, indented; empty if there are none.
[[nodiscard]] std::string last_lines(const std::string& file, std::size_t offset = 0);

}  // namespace tapswitch::lab
