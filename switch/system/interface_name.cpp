// SPDX-License-Identifier: Apache-2.0
#include "switch/system/interface_name.hpp"

#include <algorithm>

namespace tapswitch {

std::optional<std::string> interface_name_fault(std::string_view name) {
  if (name.empty()) {
    return "is empty";
  }
  if (name.size() > max_interface_name_size) {
    return "has more than 15 characters";
  }
  // The names of directories, and those under /proc/sys/net/ipv4/conf that mean every interface.
  if (name == "." || name == ".." || name == "all" || name == "default") {
    return "is reserved";
  }
  if (name.find_first_of("/:%") != std::string_view::npos) {
    return "contains '/', ':' or '%'";
  }
  if (std::ranges::any_of(name, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return "contains a space or a control character";
  }
  return std::nullopt;
}

}  // namespace tapswitch
