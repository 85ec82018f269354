// SPDX-License-Identifier: Apache-2.0
#include "control/config/far_ends/vxlan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/far_ends/host.hpp"
#include "control/config/schema.hpp"
#include "control/rpc/error.hpp"
#include "switch/ports/vxlan/flow_sockets.hpp"
#include "switch/ports/vxlan/remotes.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* inherit = "inherit";
constexpr const char* one_address = "the address of one other host, as 192.0.2.1";

Schema ip_address_schema() {
  return Schema::text("ip-address", "an address of IPv4 or IPv6 in digits",
                      [](std::string_view text) {
                        return SocketAddress::of_address(text, vxlan_udp_port).has_value();
                      });
}

Schema remotes_schema() {
  return Schema::any_of({Schema::list(ip_address_schema(), Remotes::most), ip_address_schema()},
                        "an address of IPv4 or IPv6 in digits, or a list of them");
}

Schema port_range_schema() {
  return Schema::text("port-range", "ports of 1 to 65535, as 49152-65535 or 49152",
                      [](std::string_view text) { return PortRange::parse(text).has_value(); });
}

Schema tos_schema() {
  return Schema::any_of({Schema::integer(0, 255), Schema::word({inherit})},
                        "0..255, or inherit: that of the frame, without its marks of congestion");
}

// Returns 'text' as inet_ntop() writes it; throws what is wrong with it as 'member'.
std::string address_of_host(const char* member, const std::string& text) {
  const SocketAddress address = *SocketAddress::of_address(text, vxlan_udp_port);
  check_stands_for_itself(address, member);
  if (address.is_of_many_hosts()) {
    throw rpc::invalid_params(
        {{member, fmt::format("'{}' is a group or broadcast address", text), one_address}});
  }
  return address.host();
}

bool is_any_host(const std::string& text) {
  return SocketAddress::of_address(text, vxlan_udp_port)->is_of_any_host();
}

bool is_of_ipv6(const std::string& text) { return text.find(':') != std::string::npos; }

void check_remotes(const std::vector<std::string>& remotes,
                   const std::optional<std::string>& local) {
  const auto refuse = [](std::string what) {
    throw rpc::invalid_params({{"remote", std::move(what), one_address}});
  };
  for (const std::string& remote : remotes) {
    if (is_any_host(remote)) {
      refuse(fmt::format("'{}' is no address of a host", remote));
    }
    if (remote == local) {
      refuse("the port would send to itself");
    }
    if (std::ranges::count(remotes, remote) > 1) {
      refuse(fmt::format("'{}' is said twice", remote));
    }
    if (const std::string& other = local ? *local : remotes.front();
        is_of_ipv6(remote) != is_of_ipv6(other)) {
      throw rpc::invalid_params(
          {{"remote", fmt::format("'{}' is of another version of IP than '{}'", remote, other),
            "addresses of IPv4 alone, or of IPv6"}});
    }
  }
}

}  // namespace

std::vector<Field> VxlanSpec::fields() {
  return {
      {"vni", Schema::integer(0, most_vni), "the number of the virtual network", true},
      {"remote", remotes_schema(),
       "the hosts at the other ends; what is flooded leaves to each of them"},
      {"local", ip_address_schema(),
       "the address of this host that the others send to, and see; default: all of this host"},
      {"udp_port", Schema::integer(1, 65'535), "where all of them receive", false, vxlan_udp_port},
      {"source_ports", port_range_schema(),
       "by which the datagrams leave, each flow by one; default: what the kernel has free"},
      {"ttl", Schema::integer(1, 255), "of the datagrams; default: as this host has it"},
      {"tos", tos_schema(), "class of service of the datagrams", false, 0},
      {"checksum", Schema::boolean(),
       "whether the datagrams have a checksum of UDP; over IPv6 all do", false, true},
      {"learn_remotes", Schema::boolean(),
       "whether who sends frames of the network becomes a remote; else it is refused", false,
       false},
      {"split_horizon", Schema::boolean(),
       "whether what comes in leaves by no other tunnel of the switch of which this is said", false,
       true},
      {"mtu", Schema::integer(68, 65'441),
       "the most bytes of payload that leave here in a frame; default: what fits the ways to the "
       "remotes"},
  };
}

void VxlanSpec::read(const Json& json, const std::string& /*port_name*/) {
  config::read(json, "vni", vni);
  if (json.contains("remote")) {
    const Json& said = json["remote"];
    remotes.clear();
    for (const Json& each : said.is_array() ? said : Json::array({said})) {
      remotes.push_back(address_of_host("remote", each.get<std::string>()));
    }
  }
  config::read(json, "local", local);
  if (local) {
    local = address_of_host("local", *local);
  }
  config::read(json, "udp_port", udp_port);
  config::read(json, "source_ports", source_ports);
  if (source_ports) {
    source_ports = PortRange::parse(*source_ports)->to_string();
  }
  config::read(json, "ttl", ttl);
  if (const auto found = json.find("tos"); found != json.end()) {
    inherits_tos = *found == inherit;
    tos = inherits_tos || *found == 0 ? std::nullopt : std::optional(found->get<std::uint32_t>());
  }
  config::read(json, "checksum", checksum);
  config::read(json, "learn_remotes", learn_remotes);
  config::read(json, "split_horizon", split_horizon);
  config::read(json, "mtu", mtu);

  check_remotes(remotes, local);
  if (remotes.empty() && !learn_remotes) {
    throw rpc::invalid_params(
        {{"remote", "there is nobody at the other end", "a host at least, or learn_remotes"}});
  }
  if (learn_remotes && (!local || is_any_host(*local))) {
    throw rpc::invalid_params(
        {{"local", "what this host sends itself could not be told from others'",
          "beside learn_remotes, one address of this host"}});
  }
  if (!checksum && local_end().starts_with('[')) {
    throw rpc::invalid_params({{"checksum", "over IPv6 a datagram has a checksum", "true"}});
  }
}

void VxlanSpec::write(Json& json, const std::string& /*port_name*/, Format format) const {
  const VxlanSpec usual;
  json["vni"] = vni;
  config::write(json, "remote", remotes, usual.remotes, format);
  config::write(json, "local", local);
  config::write(json, "udp_port", udp_port, usual.udp_port, format);
  config::write(json, "source_ports", source_ports);
  config::write(json, "ttl", ttl);
  const Json class_said = inherits_tos ? Json(inherit) : Json(tos.value_or(0));
  config::write(json, "tos", class_said, Json(0), format);
  config::write(json, "checksum", checksum, usual.checksum, format);
  config::write(json, "learn_remotes", learn_remotes, usual.learn_remotes, format);
  config::write(json, "split_horizon", split_horizon, usual.split_horizon, format);
  config::write(json, "mtu", mtu);
}

std::string VxlanSpec::local_end() const {
  if (!local && !remotes.empty() && is_of_ipv6(remotes.front())) {
    return fmt::format("[::]:{}", udp_port);
  }
  return SocketAddress::of_address(local.value_or("0.0.0.0"), udp_port)->host_and_port();
}

std::optional<Claim> VxlanSpec::claim() const {
  return Claim{.name = fmt::format("VNI {} at '{}'", vni, local_end()), .member = "vni"};
}

}  // namespace tapswitch::config
