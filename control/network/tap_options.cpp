// SPDX-License-Identifier: Apache-2.0
#include "control/network/tap_options.hpp"

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
  options.owner = owner_of(spec.owner);
  options.group = group_of(spec.group);
  options.is_up = spec.is_up;
  options.addresses = parse_addresses(spec.addresses);
  options.offloads = spec.offload ? offloads : OffloadSet{};
  options.queues = spec.queues;
  return options;
}

}  // namespace tapswitch::network
