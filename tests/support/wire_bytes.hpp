// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

// Writes headers octet by octet, in network byte order.
namespace tapswitch::test {

using Bytes = std::vector<std::byte>;

inline void append(Bytes& bytes, std::initializer_list<std::size_t> octets) {
  for (const std::size_t octet : octets) {
    bytes.push_back(static_cast<std::byte>(octet & 0xff));
  }
}

inline void append_16(Bytes& bytes, std::size_t value) { append(bytes, {value >> 8, value}); }

[[nodiscard]] inline std::uint16_t word_at(std::span<const std::byte> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[offset]) * 256 +
                                    std::to_integer<unsigned>(bytes[offset + 1]));
}

inline void put_word(std::span<std::byte> bytes, std::size_t offset, std::size_t value) {
  bytes[offset] = static_cast<std::byte>(value / 256 & 0xff);
  bytes[offset + 1] = static_cast<std::byte>(value & 0xff);
}

// Returns the sum in ones' complement, as RFC 1071 adds carries.
[[nodiscard]] inline std::uint32_t fold(std::uint32_t sum) {
  while (sum > 0xffff) {
    sum = sum % 0x10000 + sum / 0x10000;
  }
  return sum;
}

}  // namespace tapswitch::test
