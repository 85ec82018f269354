// SPDX-License-Identifier: Apache-2.0
#include "control/lab/uplink.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "switch/system/interface_address.hpp"

namespace tapswitch::lab {
namespace {

constexpr unsigned prefix_bits = 64;

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && number != 0 ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> words_between_colons(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t colon = text.find(':');
    words.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) {
      return words;
    }
    text.remove_prefix(colon + 1);
  }
}

std::optional<InterfaceAddress> parsed_prefix(std::string_view text) {
  const auto address = InterfaceAddress::parse(text);
  return address && address->family() == InterfaceAddress::Family::ipv6 &&
                 address->prefix_length() == prefix_bits
             ? address
             : std::nullopt;
}

}  // namespace

std::optional<Forward> parse_forward(std::string_view text) {
  auto words = words_between_colons(text);
  Forward forward;
  if (words.size() == 5) {
    forward.address = words[1];
    const auto address = InterfaceAddress::parse(forward.address + "/32");
    if (!address || address->family() != InterfaceAddress::Family::ipv4) {
      return std::nullopt;
    }
    words.erase(words.begin() + 1);
  }
  if (words.size() != 4 || (words[0] != "tcp" && words[0] != "udp") || words[2].empty()) {
    return std::nullopt;
  }
  const auto port = port_number(words[1]);
  const auto node_port = port_number(words[3]);
  if (!port || !node_port) {
    return std::nullopt;
  }
  forward.protocol = words[0];
  forward.port = *port;
  forward.node = words[2];
  forward.node_port = *node_port;
  return forward;
}

bool is_prefix(std::string_view text) {
  const auto address = parsed_prefix(text);
  return address &&
         std::all_of(address->octets().begin() + prefix_bits / 8, address->octets().end(),
                     [](std::byte octet) { return octet == std::byte{0}; });
}

std::string address_in(const std::string& prefix, unsigned number) {
  const auto address = parsed_prefix(prefix);
  std::array<std::byte, 16> octets{};
  std::copy(address->octets().begin(), address->octets().end(), octets.begin());
  octets.back() = static_cast<std::byte>(number);
  return InterfaceAddress::from_octets(octets, prefix_bits)->to_string();
}

}  // namespace tapswitch::lab
