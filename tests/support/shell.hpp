// SPDX-License-Identifier: Apache-2.0
// shell.hpp: command lines for tests: what a person would type against the kernel ("ip link del").
#pragma once

#include <string>

namespace tapswitch::test {

// Runs a command line by the shell. Its exit status; what it prints goes to the test's output only
// when it fails.
int shell(const std::string& command_line);

// Returns what a command line prints.
[[nodiscard]] std::string shell_output(const std::string& command_line);

}  // namespace tapswitch::test
