// SPDX-License-Identifier: Apache-2.0
// subnet.hpp: the network of IPv4 behind an uplink, and what has which place in it, as the users of
// slirp know it: .2 is the router, .3 answers for names, leases begin at .15.
// Limits: 32 to 16,777,216 addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapswitch::lab {

class Subnet {
 public:
  static constexpr std::uint32_t router = 2;
  static constexpr std::uint32_t resolver = 3;
  static constexpr std::uint32_t first_lease = 15;

  // 10.0.2.0/24.
  Subnet() = default;

  // Nullopt if 'text' is anything but such a network, "10.0.2.0/24".
  static std::optional<Subnet> parse(std::string_view text);

  // Returns the address that is the 'index'th: "10.0.2.15".
  [[nodiscard]] std::string at(std::uint32_t index) const;
  // The same as an interface has it: "10.0.2.15/24".
  [[nodiscard]] std::string interface_at(std::uint32_t index) const;

  // Returns which of its addresses 'interface_address', "10.0.2.20/24", is; nullopt if none.
  [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view interface_address) const;

  // The last one that is for a station; behind it is the broadcast address.
  [[nodiscard]] std::uint32_t last_lease() const { return (1U << (32 - prefix_length_)) - 2; }

  // "10.0.2.0/24".
  [[nodiscard]] std::string to_string() const { return interface_at(0); }
  // "255.255.255.0".
  [[nodiscard]] std::string mask() const;

 private:
  std::uint32_t base_ = 0x0a00'0200;
  unsigned prefix_length_ = 24;
};

}  // namespace tapswitch::lab
