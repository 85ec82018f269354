// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/mac_address.hpp"

#include <charconv>

#include <fmt/format.h>

namespace tapswitch {
namespace {

constexpr std::size_t digits_per_octet = 2;

// Digits alone, without the sign, spaces or prefix that number parsers let through.
std::optional<std::uint64_t> parse_octet(std::string_view digits) {
  std::uint8_t octet = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, octet, 16);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return octet;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  const bool is_separated = text.size() == size * digits_per_octet + size - 1;
  if (!is_separated && text.size() != size * digits_per_octet) {
    return std::nullopt;
  }
  const char separator = text[digits_per_octet];
  if (is_separated && separator != ':' && separator != '-') {
    return std::nullopt;
  }
  const std::size_t stride = digits_per_octet + (is_separated ? 1 : 0);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto octet = parse_octet(text.substr(i * stride, digits_per_octet));
    if (!octet || (is_separated && i > 0 && text[i * stride - 1] != separator)) {
      return std::nullopt;
    }
    bits = bits << 8 | *octet;
  }
  return MacAddress(bits);
}

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bits_ >> 40 & 0xff,
                     bits_ >> 32 & 0xff, bits_ >> 24 & 0xff, bits_ >> 16 & 0xff, bits_ >> 8 & 0xff,
                     bits_ & 0xff);
}

}  // namespace tapswitch
