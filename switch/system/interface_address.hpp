// SPDX-License-Identifier: Apache-2.0
// interface_address.hpp: an IP address with the length of its network's prefix, as an interface
// has it: "10.0.0.1/24", "2001:db8::1/64".
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tapswitch {

class InterfaceAddress {
 public:
  enum class Family : std::uint8_t { ipv4, ipv6 };

  // Nullopt if 'text' is anything else; the prefix length is not optional, for to leave it out
  // means a network of one address and is almost always a mistake.
  static std::optional<InterfaceAddress> parse(std::string_view text);

  // The address whose 4 or 16 octets are 'octets'; nullopt if there are neither, or if the prefix
  // is longer than the address.
  static std::optional<InterfaceAddress> from_octets(std::span<const std::byte> octets,
                                                     unsigned prefix_length);

  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] unsigned prefix_length() const { return prefix_length_; }
  [[nodiscard]] std::span<const std::byte> octets() const;

  // Whether it is of IPv6 and holds on its link alone [RFC 4291 2.5.6]: the kernel gives such
  // addresses by itself.
  [[nodiscard]] bool is_link_local() const;

  auto operator<=>(const InterfaceAddress&) const = default;

 private:
  InterfaceAddress() = default;

  Family family_ = Family::ipv4;
  std::array<std::byte, 16> octets_{};  // an IPv4 address uses the first four
  std::uint8_t prefix_length_ = 0;
};

}  // namespace tapswitch
