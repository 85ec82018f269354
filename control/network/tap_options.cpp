// SPDX-License-Identifier: Apache-2.0
#include "control/network/tap_options.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>

#include "control/rpc/error.hpp"

namespace tapswitch::network {
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

std::optional<uid_t> find_owner(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  if (const passwd* user = getpwnam(text->c_str())) {
    return user->pw_uid;
  }
  if (const auto number = number_in(*text)) {
    return *number;
  }
  throw rpc::invalid_params(
      {{"owner", "no user is called '" + *text + "'", "a user's name or number"}});
}

std::optional<gid_t> find_group(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  if (const group* found = getgrnam(text->c_str())) {
    return found->gr_gid;
  }
  if (const auto number = number_in(*text)) {
    return *number;
  }
  throw rpc::invalid_params(
      {{"group", "no group is called '" + *text + "'", "a group's name or number"}});
}

std::vector<InterfaceAddress> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<InterfaceAddress> addresses;
  for (const std::string& text : texts) {
    addresses.push_back(*InterfaceAddress::parse(text));
  }
  return addresses;
}

TapOptions tap_options(const config::TapSpec& spec, const OffloadSet& offloads) {
  TapOptions options;
  options.interface = spec.interface;
  if (spec.name_space) {
    options.name_space.emplace(*spec.name_space);
  }
  options.mac = spec.mac;
  options.mtu = spec.mtu;
  options.persist = spec.persist;
  options.owner = find_owner(spec.owner);
  options.group = find_group(spec.group);
  options.is_up = spec.is_up;
  options.addresses = parse_addresses(spec.addresses);
  options.offloads = spec.offload ? offloads : OffloadSet{};
  options.queues = spec.queues;
  return options;
}

}  // namespace tapswitch::network
