// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/udp.hpp"

#include <fmt/format.h>

#include "control/config/far_ends/host.hpp"
#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* local_member = "local";
constexpr const char* remote_member = "remote";
constexpr const char* one_host = "the address of one other program, as 192.0.2.1:10000";

Schema host_and_port_schema() {
  return Schema::text(
      "host-and-port",
      "ADDRESS:PORT or [IPV6-ADDRESS]:PORT, the address in digits and the port 1 to 65535",
      [](std::string_view text) { return SocketAddress::of_host_and_port(text).has_value(); });
}

// Returns what 'member' says, or 'known' if it is not there.
SocketAddress host_and_port_of(const Json& json, const char* member, std::string known) {
  config::read(json, member, known);
  SocketAddress address = *SocketAddress::of_host_and_port(known);
  check_stands_for_itself(address, member);
  return address;
}

void check_pair(const SocketAddress& local, const SocketAddress& remote) {
  if (local.is_of_many_hosts()) {
    throw rpc::invalid_params(
        {{local_member, "a group or broadcast address", "an address of this host, or 0.0.0.0"}});
  }
  if (remote.is_of_many_hosts()) {
    throw rpc::invalid_params({{remote_member, "a group or broadcast address", one_host}});
  }
  if (remote.is_of_any_host()) {
    throw rpc::invalid_params({{remote_member, "no address of a host", one_host}});
  }
  if (local.family() != remote.family()) {
    throw rpc::invalid_params(
        {{remote_member,
          fmt::format("of another version of IP than local '{}'", local.host_and_port()),
          "two addresses of IPv4, or two of IPv6"}});
  }
  if (local == remote) {
    throw rpc::invalid_params({{remote_member, "the port would send to itself", one_host}});
  }
}

}  // namespace

std::vector<Field> UdpSpec::fields() {
  return {
      {local_member, host_and_port_schema(),
       "where the port receives; 0.0.0.0 and [::] are all addresses of this host", true},
      {remote_member, host_and_port_schema(),
       "where the other program receives; from there alone frames are taken", true},
      frame_mtu_field(),
  };
}

void UdpSpec::read(const Json& json, const std::string& /*port_name*/) {
  const SocketAddress own = host_and_port_of(json, local_member, local);
  const SocketAddress other = host_and_port_of(json, remote_member, remote);
  check_pair(own, other);
  local = own.host_and_port();
  remote = other.host_and_port();
  config::read(json, "mtu", mtu);
}

void UdpSpec::write(Json& json, const std::string& /*port_name*/, Format /*format*/) const {
  json[local_member] = local;
  json[remote_member] = remote;
  config::write(json, "mtu", mtu);
}

std::optional<Claim> UdpSpec::claim() const {
  return Claim{.name = fmt::format("UDP socket '{}'", local), .member = local_member};
}

}  // namespace tapswitch::config
