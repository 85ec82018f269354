// SPDX-License-Identifier: Apache-2.0
#include "switch/system/socket_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace tapswitch {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view tcp_prefix = "tcp:";

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

sockaddr_in6 in_ipv6(const sockaddr_storage& address) {
  sockaddr_in6 raw{};
  std::memcpy(&raw, &address, sizeof raw);
  return raw;
}

in6_addr host_in_ipv6(const sockaddr_storage& address) { return in_ipv6(address).sin6_addr; }

in_addr_t host_in_ipv4(const sockaddr_storage& address) {
  sockaddr_in raw{};
  std::memcpy(&raw, &address, sizeof raw);
  return ntohl(raw.sin_addr.s_addr);
}

}  // namespace

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  if (text.starts_with(unix_prefix)) {
    return of_path(text.substr(unix_prefix.size()));
  }
  if (!text.starts_with(tcp_prefix)) {
    return std::nullopt;
  }
  return of_host_and_port(text.substr(tcp_prefix.size()));
}

std::optional<SocketAddress> SocketAddress::of_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const auto port = parse_port(text.substr(colon + 1));
  return port ? of_host(text.substr(0, colon), *port) : std::nullopt;
}

std::optional<SocketAddress> SocketAddress::of_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > max_path_size ||
      path.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  SocketAddress address;
  address.path_ = path;
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  std::memcpy(raw.sun_path, path.data(), path.size());
  std::memcpy(&address.storage_, &raw, sizeof raw);
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

std::optional<SocketAddress> SocketAddress::of_host(std::string_view host, std::uint16_t port) {
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(),
                    &raw.sin6_addr) != 1) {
      return std::nullopt;
    }
    return holding(raw);
  }
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(port);
  if (::inet_pton(AF_INET, std::string(host).c_str(), &raw.sin_addr) != 1) {
    return std::nullopt;
  }
  return holding(raw);
}

std::optional<SocketAddress> SocketAddress::of_address(std::string_view text, std::uint16_t port) {
  return text.find(':') == std::string_view::npos ? of_host(text, port)
                                                  : of_host(fmt::format("[{}]", text), port);
}

SocketAddress SocketAddress::of_same_host(const sockaddr_storage& other, std::uint16_t port) {
  if (other.ss_family == AF_INET6) {
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(port);
    raw.sin6_addr = host_in_ipv6(other);
    return holding(raw);
  }
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(port);
  raw.sin_addr.s_addr = htonl(host_in_ipv4(other));
  return holding(raw);
}

bool SocketAddress::is_of_any_host() const {
  const in6_addr host = host_in_ipv6(storage_);
  return family() == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&host)
                              : host_in_ipv4(storage_) == INADDR_ANY;
}

bool SocketAddress::is_of_many_hosts() const {
  const in6_addr host = host_in_ipv6(storage_);
  return family() == AF_INET6
             ? IN6_IS_ADDR_MULTICAST(&host)
             : IN_MULTICAST(host_in_ipv4(storage_)) || host_in_ipv4(storage_) == INADDR_BROADCAST;
}

bool SocketAddress::is_mapped() const {
  const in6_addr host = host_in_ipv6(storage_);
  return family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&host);
}

bool SocketAddress::is_of_a_link() const {
  const in6_addr host = host_in_ipv6(storage_);
  return family() == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&host);
}

bool SocketAddress::is_at(const sockaddr_storage& other) const noexcept {
  if (other.ss_family != storage_.ss_family) {
    return false;
  }
  if (family() != AF_INET6) {
    constexpr std::size_t behind_host = offsetof(sockaddr_in, sin_zero);
    return std::memcmp(&storage_, &other, behind_host) == 0;
  }
  const sockaddr_in6 own = in_ipv6(storage_);
  const sockaddr_in6 its = in_ipv6(other);
  return own.sin6_port == its.sin6_port &&
         std::memcmp(&own.sin6_addr, &its.sin6_addr, sizeof own.sin6_addr) == 0;
}

bool SocketAddress::is_on(const sockaddr_storage& other) const noexcept {
  if (other.ss_family != storage_.ss_family) {
    return false;
  }
  if (family() != AF_INET6) {
    return host_in_ipv4(storage_) == host_in_ipv4(other);
  }
  const in6_addr own = host_in_ipv6(storage_);
  const in6_addr its = host_in_ipv6(other);
  return std::memcmp(&own, &its, sizeof own) == 0;
}

std::string SocketAddress::to_string() const {
  return is_unix() ? fmt::format("unix:{}", path_) : fmt::format("tcp:{}", host_and_port());
}

std::string SocketAddress::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    sockaddr_in raw{};
    std::memcpy(&raw, &storage_, sizeof raw);
    ::inet_ntop(AF_INET, &raw.sin_addr, text.data(), text.size());
  } else {
    const in6_addr raw = host_in_ipv6(storage_);
    ::inet_ntop(AF_INET6, &raw, text.data(), text.size());
  }
  return text.data();
}

std::uint16_t SocketAddress::port() const {
  sockaddr_in raw{};  // the port of IPv6 stands at the same place
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&raw, &storage_, sizeof raw);
  return ntohs(raw.sin_port);
}

std::string SocketAddress::host_and_port() const {
  return family() == AF_INET ? fmt::format("{}:{}", host(), port())
                             : fmt::format("[{}]:{}", host(), port());
}

}  // namespace tapswitch
