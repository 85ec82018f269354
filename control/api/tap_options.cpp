// SPDX-License-Identifier: Apache-2.0
#include "control/api/tap_options.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>

#include "control/rpc/error.hpp"

namespace tapswitch::api {
namespace {

std::optional<std::uint32_t> number_in(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<uid_t> find_owner(const config::TapSpec& spec) {
  if (!spec.owner) {
    return std::nullopt;
  }
  if (const passwd* user = getpwnam(spec.owner->c_str())) {
    return user->pw_uid;
  }
  if (const auto number = number_in(*spec.owner)) {
    return *number;
  }
  throw rpc::invalid_params({{"owner", "no user is called '" + *spec.owner + "'", "a user's name or number"}});
}

std::optional<gid_t> find_group(const config::TapSpec& spec) {
  if (!spec.group) {
    return std::nullopt;
  }
  if (const group* found = getgrnam(spec.group->c_str())) {
    return found->gr_gid;
  }
  if (const auto number = number_in(*spec.group)) {
    return *number;
  }
  throw rpc::invalid_params({{"group", "no group is called '" + *spec.group + "'", "a group's name or number"}});
}

std::vector<InterfaceAddress> parse_addresses(const config::TapSpec& spec) {
  std::vector<InterfaceAddress> addresses;
  for (const std::string& text : spec.addresses) {
    addresses.push_back(*InterfaceAddress::parse(text));
  }
  return addresses;
}

TapOptions tap_options(const config::TapSpec& spec) {
  TapOptions options;
  options.interface = spec.interface;
  if (spec.name_space) {
    options.name_space.emplace(*spec.name_space);
  }
  options.mac = spec.mac;
  options.mtu = spec.mtu;
  options.persist = spec.persist;
  options.owner = find_owner(spec);
  options.group = find_group(spec);
  options.is_up = spec.is_up;
  options.addresses = parse_addresses(spec);
  return options;
}

}  // namespace tapswitch::api
