// SPDX-License-Identifier: Apache-2.0
#include "control/config/mistakes.hpp"

#include <fmt/format.h>

namespace tapswitch::config {

std::string to_text(const rpc::Problem& mistake) {
  return fmt::format("{}{}{}{}", mistake.field, mistake.field.empty() ? "" : ": ", mistake.problem,
                     mistake.allowed.empty() ? "" : fmt::format(" (allowed: {})", mistake.allowed));
}

}  // namespace tapswitch::config
