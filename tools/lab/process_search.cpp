// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/process_search.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace tapswitch::lab {
namespace {

// A process may start another while it is being ended.
constexpr int most_rounds = 20;

}  // namespace

std::vector<ProcessId> find_processes(const std::function<bool(pid_t)>& is_meant) {
  std::vector<ProcessId> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", none)) {
    const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    if (pid <= 0 || pid == ::getpid() || !is_meant(pid)) {
      continue;
    }
    if (const auto process = identify(pid)) {
      found.push_back(*process);
    }
  }
  return found;
}

std::optional<std::string> variable_of(pid_t pid, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/environ", pid), std::ios::binary);
  for (std::string variable; std::getline(file, variable, '\0');) {
    if (variable.starts_with(name + '=')) {
      return variable.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::vector<ProcessId> processes_with(const Variables& variables) {
  return find_processes([&](pid_t pid) {
    return std::all_of(variables.begin(), variables.end(), [&](const auto& variable) {
      return variable_of(pid, variable.first) == variable.second;
    });
  });
}

void end_all(const std::function<std::vector<ProcessId>()>& find,
             std::chrono::milliseconds patience) {
  for (int round = 0; round < most_rounds; ++round) {
    const auto processes = find();
    if (processes.empty()) {
      return;
    }
    end(processes, patience);
  }
}

}  // namespace tapswitch::lab
