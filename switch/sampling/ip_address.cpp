// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace tapswitch {

std::optional<IpAddress> IpAddress::parse(const std::string& text) {
  IpAddress address;
  address.is_ipv6_ = text.find(':') != std::string::npos;
  if (::inet_pton(address.is_ipv6_ ? AF_INET6 : AF_INET, text.c_str(), address.bytes_.data()) !=
      1) {
    return std::nullopt;
  }
  return address;
}

IpAddress IpAddress::of(const sockaddr_storage& address) {
  IpAddress of_it;
  of_it.is_ipv6_ = address.ss_family == AF_INET6;
  if (of_it.is_ipv6_) {
    sockaddr_in6 raw{};
    std::memcpy(&raw, &address, sizeof raw);
    std::memcpy(of_it.bytes_.data(), &raw.sin6_addr, sizeof raw.sin6_addr);
  } else {
    sockaddr_in raw{};
    std::memcpy(&raw, &address, sizeof raw);
    std::memcpy(of_it.bytes_.data(), &raw.sin_addr, sizeof raw.sin_addr);
  }
  return of_it;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  (void)::inet_ntop(is_ipv6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

}  // namespace tapswitch
