// SPDX-License-Identifier: Apache-2.0
#include "control/lab/sysctl.hpp"

#include <algorithm>

namespace tapswitch::lab {
namespace {

constexpr std::size_t longest_name = 255;

}  // namespace

bool is_sysctl_name(std::string_view text) {
  const bool is_below_net = text.starts_with("net.") || text.starts_with("net/");
  const auto path = sysctl_path(text);
  return is_below_net && text.size() <= longest_name && !text.ends_with('.') &&
         !text.ends_with('/') && path.find("//") == std::string::npos &&
         ('/' + path + '/').find("/../") == std::string::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string sysctl_path(std::string_view name) {
  std::string path(name);
  // The first separator says which of the two it is.
  if (const auto first = path.find_first_of("./");
      first != std::string::npos && path[first] == '.') {
    for (char& c : path) {
      c = c == '.' ? '/' : c == '/' ? '.' : c;
    }
  }
  return path;
}

}  // namespace tapswitch::lab
