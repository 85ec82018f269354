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

}  // namespace

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  if (text.starts_with(unix_prefix)) {
    return of_path(text.substr(unix_prefix.size()));
  }
  if (!text.starts_with(tcp_prefix)) {
    return std::nullopt;
  }
  text.remove_prefix(tcp_prefix.size());
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
  SocketAddress address;
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(),
                    &raw.sin6_addr) != 1) {
      return std::nullopt;
    }
    std::memcpy(&address.storage_, &raw, sizeof raw);
    address.size_ = sizeof raw;
    return address;
  }
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(port);
  if (::inet_pton(AF_INET, std::string(host).c_str(), &raw.sin_addr) != 1) {
    return std::nullopt;
  }
  std::memcpy(&address.storage_, &raw, sizeof raw);
  address.size_ = sizeof raw;
  return address;
}

std::string SocketAddress::to_string() const {
  return is_unix() ? fmt::format("unix:{}", path_) : fmt::format("tcp:{}", host_and_port());
}

std::string SocketAddress::host_and_port() const {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (family() == AF_INET) {
    sockaddr_in raw{};
    std::memcpy(&raw, &storage_, sizeof raw);
    ::inet_ntop(AF_INET, &raw.sin_addr, host.data(), host.size());
    return fmt::format("{}:{}", host.data(), ntohs(raw.sin_port));
  }
  sockaddr_in6 raw{};
  std::memcpy(&raw, &storage_, sizeof raw);
  ::inet_ntop(AF_INET6, &raw.sin6_addr, host.data(), host.size());
  return fmt::format("[{}]:{}", host.data(), ntohs(raw.sin6_port));
}

}  // namespace tapswitch
