// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/flow_sockets.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <string_view>

#include "switch/ports/socket/udp_socket.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end && number != 0 ? std::optional(number) : std::nullopt;
}

bool set_up_sender(int socket, const FlowSocketOptions& options) {
  const bool is_ipv6 = options.local.family() == AF_INET6;
  const auto set_ip = [&](int ipv4_option, int ipv6_option, int value) {
    return is_ipv6 ? set_socket_option(socket, IPPROTO_IPV6, ipv6_option, value)
                   : set_socket_option(socket, IPPROTO_IP, ipv4_option, value);
  };
  // A successor has the same source ports while its predecessor still does.
  return set_up_udp(socket, is_ipv6, FlowSockets::buffer_bytes) &&
         set_socket_option(socket, SOL_SOCKET, SO_REUSEADDR, 1) &&
         (options.has_checksum || set_socket_option(socket, SOL_SOCKET, SO_NO_CHECK, 1)) &&
         (!options.ttl || set_ip(IP_TTL, IPV6_UNICAST_HOPS, *options.ttl)) &&
         (!options.tos || set_ip(IP_TOS, IPV6_TCLASS, *options.tos));
}

}  // namespace

std::optional<PortRange> PortRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = port_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port_number(text.substr(dash + 1));
  return first && last && *first <= *last ? std::optional(PortRange{*first, *last}) : std::nullopt;
}

std::string PortRange::to_string() const { return fmt::format("{}-{}", first, last); }

// Passes over ports of a range that somebody else has.
KernelResult<FlowSockets> FlowSockets::open(const FlowSocketOptions& options) {
  const std::uint32_t first = options.source_ports ? options.source_ports->first : 0;
  const std::uint32_t last = options.source_ports ? options.source_ports->last : most;
  std::vector<UniqueFd> sockets;
  KernelError refusal;
  for (std::uint32_t i = 0; sockets.size() < most && first + i <= last && i < most_tries; ++i) {
    UniqueFd socket = open_udp_socket(options.local.family());
    if (!socket.is_open()) {
      return cannot_receive_at("socket", options.local);
    }
    if (!set_up_sender(socket.get(), options)) {
      return cannot_receive_at("setsockopt", options.local);
    }
    const auto port = static_cast<std::uint16_t>(options.source_ports ? first + i : 0);
    const SocketAddress source = options.local.with_port(port);
    if (::bind(socket.get(), source.get(), source.size()) == 0) {
      sockets.push_back(std::move(socket));
    } else {
      refusal = cannot_receive_at("bind", source);
      if (refusal.number != EADDRINUSE) {
        return refusal;
      }
    }
  }
  if (sockets.empty()) {
    return refusal;
  }
  return FlowSockets(std::move(sockets));
}

}  // namespace tapswitch
