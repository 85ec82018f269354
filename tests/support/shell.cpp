// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shell.hpp"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace tapswitch::test {
namespace {

struct Finished {
  int status;
  std::string output;
};

Finished run_shell(const std::string& command_line) {
  std::FILE* const pipe = ::popen(("exec 2>&1; " + command_line).c_str(), "re");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot start a shell");
  }
  Finished finished{};
  std::array<char, 4096> block{};
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), pipe)) {
    finished.output.append(block.data(), size);
  }
  const int status = ::pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return finished;
}

}  // namespace

int shell(const std::string& command_line) {
  const Finished finished = run_shell(command_line);
  if (finished.status != 0) {
    std::fprintf(stderr, "%s: exit status %d\n%s", command_line.c_str(), finished.status,
                 finished.output.c_str());
  }
  return finished.status;
}

std::string shell_output(const std::string& command_line) { return run_shell(command_line).output; }

}  // namespace tapswitch::test
