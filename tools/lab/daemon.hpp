// SPDX-License-Identifier: Apache-2.0
// daemon.hpp: the tapswitchd that is a lab's own.
#pragma once

#include <functional>
#include <string>

#include "control/rpc/json.hpp"
#include "tools/lab/log_keeper.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {

// Returns where the program is: $TAPSWITCHD, beside this one, or in PATH. Throws Failure.
[[nodiscard]] std::string daemon_program();

// Whether it could have a kernel path here of which nothing outlives it. False also where the
// program does not say.
[[nodiscard]] bool can_have_kernel_path();

// Starts it with 'document' and waits until it answers. Throws Failure with what it said last.
struct DaemonStart {
  const std::string& directory;
  const Json& document;
  bool has_kernel_path;
};
void start_daemon(const DaemonStart& start, LogKeeper& logs,
                  const std::function<void(const ProcessId&)>& record);

// The file with the document that it is started with.
[[nodiscard]] std::string document_file(const std::string& directory);

// Whether it runs and answers.
[[nodiscard]] bool daemon_answers(const std::string& directory);

// The plan lines of what 'document' would change; and the change itself. Throw Failure.
[[nodiscard]] Json difference(const std::string& directory, const Json& document);
void apply_document(const std::string& directory, const Json& document);

// Returns the document of what runs. Throws Failure.
[[nodiscard]] Json running_document(const std::string& directory);

// Unplugs a port, or plugs it in. Throws Failure.
void set_carrier(const std::string& directory, const std::string& port, bool has_carrier);

// Keeps 'document' as what the daemon is started with.
void save_document(const std::string& directory, const Json& document);

}  // namespace tapswitch::lab
