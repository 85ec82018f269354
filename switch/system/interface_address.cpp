// SPDX-License-Identifier: Apache-2.0
#include "switch/system/interface_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tapswitch {
namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;

}  // namespace

std::optional<InterfaceAddress> InterfaceAddress::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string address(text.substr(0, slash));
  const std::string_view length_text = text.substr(slash + 1);
  if (address.find('\0') != std::string::npos || length_text.empty()) {
    return std::nullopt;
  }
  std::uint8_t length = 0;
  const char* const end = length_text.data() + length_text.size();
  const auto [stopped, error] = std::from_chars(length_text.data(), end, length);
  if (error != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  std::array<std::byte, ipv6_size> octets{};
  if (::inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    return from_octets(std::span(octets).first(ipv4_size), length);
  }
  if (::inet_pton(AF_INET6, address.c_str(), octets.data()) == 1) {
    return from_octets(octets, length);
  }
  return std::nullopt;
}

std::optional<InterfaceAddress> InterfaceAddress::from_octets(std::span<const std::byte> octets,
                                                              unsigned prefix_length) {
  if ((octets.size() != ipv4_size && octets.size() != ipv6_size) ||
      prefix_length > octets.size() * 8) {
    return std::nullopt;
  }
  InterfaceAddress address;
  address.family_ = octets.size() == ipv4_size ? Family::ipv4 : Family::ipv6;
  address.prefix_length_ = static_cast<std::uint8_t>(prefix_length);
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

std::string InterfaceAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::ipv4 ? AF_INET : AF_INET6, octets_.data(), text.data(),
              text.size());
  return fmt::format("{}/{}", text.data(), prefix_length_);
}

bool InterfaceAddress::is_link_local() const {
  return family_ == Family::ipv6 && octets_[0] == std::byte{0xfe} &&
         (octets_[1] & std::byte{0xc0}) == std::byte{0x80};
}

std::span<const std::byte> InterfaceAddress::octets() const {
  return std::span(octets_).first(family_ == Family::ipv4 ? ipv4_size : ipv6_size);
}

}  // namespace tapswitch
