// SPDX-License-Identifier: Apache-2.0
// json_pointer.hpp: writes JSON pointers [RFC 6901].
#pragma once

#include <string>
#include <string_view>

namespace tapswitch::rpc {

// Returns what the pointer to a member has more than that to the object around it.
[[nodiscard]] inline std::string pointer_token(std::string_view key) {
  std::string token = "/";
  for (const char c : key) {
    token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return token;
}

}  // namespace tapswitch::rpc
