// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/socket_access.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "control/config/schema.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* mode_member = "socket_mode";

// Three octal digits, which a zero may precede.
bool is_mode(std::string_view text) {
  if (text.size() == 4 && text.front() == '0') {
    text.remove_prefix(1);
  }
  return text.size() == 3 &&
         std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '7'; });
}

std::uint32_t mode_from(std::string_view text) {
  std::uint32_t mode = 0;
  for (const char digit : text) {
    mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  }
  return mode;
}

}  // namespace

std::vector<Field> SocketAccess::fields() {
  return {
      {"owner", account_schema(), "the user whose the sockets are that the port makes"},
      {"group", account_schema(),
       "the group whose members may connect to the sockets that the port makes"},
      {mode_member,
       Schema::text("file-mode", "permissions in octal, as 0660: whoever may write may connect",
                    is_mode),
       "the permissions of the sockets that the port makes; default: 0600, with group 0660"},
  };
}

void SocketAccess::read(const Json& json) {
  config::read(json, "owner", owner);
  config::read(json, "group", group);
  if (const auto found = json.find(mode_member); found != json.end()) {
    mode = mode_from(found->get<std::string>());
  }
}

void SocketAccess::write(Json& json) const {
  config::write(json, "owner", owner);
  config::write(json, "group", group);
  if (mode) {
    json[mode_member] = fmt::format("{:04o}", *mode);
  }
}

const char* SocketAccess::said() const {
  return owner ? "owner" : group ? "group" : mode ? mode_member : nullptr;
}

}  // namespace tapswitch::config
