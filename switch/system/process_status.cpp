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
  constexpr int fields_before_start = 19;  // proc(5): the state is field 3, the start field 22
  std::size_t at = end + 2;
  ProcessStatus found{.state = text[at]};
  for (int i = 0; i < fields_before_start; ++i) {
    at = text.find(' ', at) + 1;
  }
  found.start = std::strtoull(text.c_str() + at, nullptr, 10);
  return found;
}

}  // namespace tapswitch
