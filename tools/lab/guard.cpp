// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/guard.hpp"

#include "tools/terminal/text.hpp"

#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {

int run_guarded(const std::function<int()>& work) {
  try {
    return work();
  } catch (const tapctl::UsageError&) {
    throw;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fputs(fmt::format("tapctl: {}\n", tapctl::printable_lines(error.what())).c_str(), stderr);
    return 1;
  }
}

}  // namespace tapswitch::lab
