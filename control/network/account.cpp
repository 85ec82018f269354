// SPDX-License-Identifier: Apache-2.0
#include "control/network/account.hpp"

#include "control/rpc/error.hpp"
#include "switch/system/account.hpp"

namespace tapswitch::network {

std::optional<uid_t> owner_of(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  const auto found = find_user(*text);
  if (!found) {
    throw rpc::invalid_params(
        {{"owner", "no user is called '" + *text + "'", "a user's name or number"}});
  }
  return found;
}

std::optional<gid_t> group_of(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  const auto found = find_group(*text);
  if (!found) {
    throw rpc::invalid_params(
        {{"group", "no group is called '" + *text + "'", "a group's name or number"}});
  }
  return found;
}

FileAccess file_access(const config::SocketAccess& access) {
  return {.owner = owner_of(access.owner), .group = group_of(access.group), .mode = access.mode};
}

}  // namespace tapswitch::network
