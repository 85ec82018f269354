// SPDX-License-Identifier: Apache-2.0
// ethertype.hpp: an EtherType as people write it: a number, or "0x0800".
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "control/rpc/schema.hpp"

namespace tapswitch::api {

// Nullopt if 'text' is not 0x and one to four hex digits.
inline std::optional<std::uint16_t> read_ethertype(std::string_view text) {
  constexpr std::size_t most_digits = 4;
  constexpr int hexadecimal = 16;
  if (!text.starts_with("0x") || text.size() > 2 + most_digits) {
    return std::nullopt;
  }
  std::uint16_t type = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 2, end, type, hexadecimal);
  return error == std::errc() && rest == end ? std::optional(type) : std::nullopt;
}

inline rpc::Schema ethertype_schema() {
  return rpc::Schema::any_of(
      {rpc::Schema::integer(0, 0xffff),
       rpc::Schema::text("ethertype", "0x and one to four hex digits",
                         [](std::string_view text) { return read_ethertype(text).has_value(); })},
      "0..65535, or as \"0x0800\"");
}

}  // namespace tapswitch::api
