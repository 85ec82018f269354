// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/did_you_mean.hpp"

#include <fmt/format.h>

#include "control/rpc/closest_names.hpp"

namespace tapswitch::tapctl {

std::string did_you_mean(const std::string& wanted, const std::vector<std::string>& names,
                         const std::string& prefix) {
  std::string close;
  for (const std::string& name : rpc::closest_names(wanted, names)) {
    close += fmt::format("{}'{}{}'", close.empty() ? "" : " or ", prefix, name);
  }
  return close.empty() ? "" : fmt::format("; did you mean {}?", close);
}

}  // namespace tapswitch::tapctl
