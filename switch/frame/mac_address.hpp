// SPDX-License-Identifier: Apache-2.0
// mac_address.hpp: the address of a station, a 48-bit value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapswitch {

// A MAC address [802-2014, clause 8]. The first octet on the wire is the most significant one, so
// that addresses order and print as people write them.
class MacAddress {
 public:
  static constexpr std::size_t size = 6;

  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::uint64_t bits) : bits_(bits & 0xffff'ffff'ffff) {}

  // Reads the six octets at 'octets'.
  static constexpr MacAddress read(const std::byte* octets) {
    // In this form compilers make two loads of it, where they would not see through a loop.
    const auto octet = [octets](std::size_t i) {
      return std::to_integer<std::uint32_t>(octets[i]);
    };
    const std::uint32_t high = octet(0) << 24 | octet(1) << 16 | octet(2) << 8 | octet(3);
    const std::uint32_t low = octet(4) << 8 | octet(5);
    return MacAddress(std::uint64_t{high} << 16 | low);
  }

  // Writes the six octets to 'octets'.
  constexpr void write(std::byte* octets) const {
    octets[0] = octet(0);
    octets[1] = octet(1);
    octets[2] = octet(2);
    octets[3] = octet(3);
    octets[4] = octet(4);
    octets[5] = octet(5);
  }

  // Reads "02:00:00:00:00:01", "02-00-00-00-00-01" or "020000000001", in any case. Nullopt if
  // 'text' is anything else, a mixture of separators among it.
  static std::optional<MacAddress> parse(std::string_view text);

  // "02:00:00:00:00:01", always in lower case.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  [[nodiscard]] constexpr bool is_group() const { return (bits_ >> 40 & 1) != 0; }
  [[nodiscard]] constexpr bool is_broadcast() const { return bits_ == 0xffff'ffff'ffff; }
  [[nodiscard]] constexpr bool is_zero() const { return bits_ == 0; }

  // Whether this is one of 01-80-C2-00-00-00 to -0F, which a bridge must not relay [802.1Q 8.6.3].
  [[nodiscard]] constexpr bool is_reserved() const { return bits_ >> 4 == 0x0180'c200'000; }

  constexpr auto operator<=>(const MacAddress&) const = default;

 private:
  [[nodiscard]] constexpr std::byte octet(std::size_t i) const {
    return static_cast<std::byte>(bits_ >> (8 * (size - 1 - i)) & 0xff);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace tapswitch
