// SPDX-License-Identifier: Apache-2.0
#include "switch/system/process_status.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

namespace tapswitch {

std::optional<ProcessStatus> process_status(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The name in brackets may hold anything, also brackets.
  const auto end = text.rfind(')');
  if (end == std::string::npos || end + 2 >= text.size()) {
    return std::nullopt;
  }
  ProcessStatus found{.state = text[end + 2]};
  // The search begins at the state, which is field 3 of proc(5).
  constexpr int field_of_threads = 20;
  constexpr int field_of_start = 22;
  std::size_t at = end + 2;
  for (int field = 4; field <= field_of_start; ++field) {
    at = text.find(' ', at) + 1;
    if (field == field_of_threads) {
      found.threads = std::strtoull(text.c_str() + at, nullptr, 10);
    }
  }
  found.start = std::strtoull(text.c_str() + at, nullptr, 10);
  return found;
}

}  // namespace tapswitch
