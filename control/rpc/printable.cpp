// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tapswitch::rpc {
namespace {

struct Character {
  std::uint32_t code;
  std::size_t size;  // in bytes
  bool is_utf8 = true;
};

// Returns the first character of 'text'. Requires: it is not empty.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return {.code = first, .size = 1};
  }
  const std::size_t size = first < 0xc2   ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || text.size() < size) {
    return {.code = first, .size = 1, .is_utf8 = false};
  }
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return {.code = first, .size = 1, .is_utf8 = false};
    }
    code = code << 6 | (byte(i) & 0x3fU);
  }
  return {.code = code, .size = size};
}

bool gives_orders(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ||  // C0, DEL, C1
         code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

template <class Spell>
std::string spelt(std::string_view text, const Spell& spell) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_of(text);
    const std::string_view bytes = text.substr(0, character.size);
    if (character.is_utf8 && !gives_orders(character.code)) {
      safe += bytes;
    } else {
      safe += spell(character, bytes);
    }
    text.remove_prefix(character.size);
  }
  return safe;
}

std::string number_of(const Character& character) {
  return character.size == 1 ? fmt::format("\\x{:02x}", character.code)
                             : fmt::format("\\u{:04x}", character.code);
}

}  // namespace

std::string printable(std::string_view text) {
  return spelt(text, [](const Character& each, std::string_view) { return number_of(each); });
}

std::string printable_lines(std::string_view text) {
  return spelt(text, [](const Character& each, std::string_view bytes) {
    return bytes == "\n" ? std::string(bytes) : number_of(each);
  });
}

std::string printable_json(std::string_view json) {
  return spelt(json, [](const Character& each, std::string_view bytes) {
    // The control characters of ASCII stand between values alone.
    return !each.is_utf8 || each.code < 0x20 ? std::string(bytes)
                                             : fmt::format("\\u{:04x}", each.code);
  });
}

}  // namespace tapswitch::rpc
