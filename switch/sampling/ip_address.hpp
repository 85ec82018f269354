// SPDX-License-Identifier: Apache-2.0
// ip_address.hpp: an address of IPv4 or IPv6, without a port.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace tapswitch {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0

  // Nullopt unless it is one in digits.
  [[nodiscard]] static std::optional<IpAddress> parse(const std::string& text);
  // Requires: it is of a socket of IPv4 or IPv6.
  [[nodiscard]] static IpAddress of(const sockaddr_storage& address);

  [[nodiscard]] bool is_ipv6() const { return is_ipv6_; }
  // Returns its 4 or 16 bytes as they are on the wire.
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::span(bytes_).first(is_ipv6_ ? 16 : 4);
  }
  [[nodiscard]] std::string to_string() const;

  bool operator==(const IpAddress&) const = default;

 private:
  bool is_ipv6_ = false;
  std::array<std::byte, 16> bytes_{};
};

}  // namespace tapswitch
