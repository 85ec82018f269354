// SPDX-License-Identifier: Apache-2.0
#include "control/lab/subnet.hpp"

#include <fmt/format.h>

#include "switch/system/interface_address.hpp"

namespace tapswitch::lab {
namespace {

constexpr unsigned shortest_prefix = 8;
constexpr unsigned longest_prefix = 27;

std::uint32_t mask_of(unsigned prefix_length) { return ~0U << (32 - prefix_length); }

std::optional<std::uint32_t> ipv4_number(const InterfaceAddress& address) {
  if (address.family() != InterfaceAddress::Family::ipv4) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  for (const std::byte octet : address.octets()) {
    number = number << 8U | std::to_integer<std::uint32_t>(octet);
  }
  return number;
}

std::string ipv4_text(std::uint32_t number) {
  return fmt::format("{}.{}.{}.{}", number >> 24U, number >> 16U & 0xffU, number >> 8U & 0xffU,
                     number & 0xffU);
}

}  // namespace

std::optional<Subnet> Subnet::parse(std::string_view text) {
  const auto address = InterfaceAddress::parse(text);
  const auto number = address ? ipv4_number(*address) : std::nullopt;
  if (!number || address->prefix_length() < shortest_prefix ||
      address->prefix_length() > longest_prefix ||
      (*number & ~mask_of(address->prefix_length())) != 0) {
    return std::nullopt;
  }
  Subnet subnet;
  subnet.base_ = *number;
  subnet.prefix_length_ = address->prefix_length();
  return subnet;
}

std::string Subnet::at(std::uint32_t index) const { return ipv4_text(base_ + index); }

std::string Subnet::interface_at(std::uint32_t index) const {
  return fmt::format("{}/{}", at(index), prefix_length_);
}

std::optional<std::uint32_t> Subnet::index_of(std::string_view interface_address) const {
  const auto address = InterfaceAddress::parse(interface_address);
  const auto number = address ? ipv4_number(*address) : std::nullopt;
  if (!number || (*number & mask_of(prefix_length_)) != base_) {
    return std::nullopt;
  }
  return *number - base_;
}

std::string Subnet::mask() const { return ipv4_text(mask_of(prefix_length_)); }

}  // namespace tapswitch::lab
