// SPDX-License-Identifier: Apache-2.0
// octets.hpp: numbers as they stand in protocol headers, the most significant octet first unless
// another order is told, and the copying of octets.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tapswitch {

constexpr std::uint16_t load_16(const std::byte* octets) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[0]) << 8 |
                                    std::to_integer<unsigned>(octets[1]));
}

constexpr void store_16(std::byte* octets, std::uint16_t value) {
  octets[0] = static_cast<std::byte>(value >> 8);
  octets[1] = static_cast<std::byte>(value & 0xff);
}

// The same in an order that is told.
constexpr std::uint16_t load_16(const std::byte* octets, std::endian order) {
  const bool is_big = order == std::endian::big;
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[is_big ? 0 : 1]) << 8 |
                                    std::to_integer<unsigned>(octets[is_big ? 1 : 0]));
}

constexpr void store_16(std::byte* octets, std::uint16_t value, std::endian order) {
  const bool is_big = order == std::endian::big;
  octets[is_big ? 1 : 0] = static_cast<std::byte>(value & 0xff);
  octets[is_big ? 0 : 1] = static_cast<std::byte>(value >> 8);
}

constexpr std::uint32_t load_32(const std::byte* octets) {
  return std::uint32_t{load_16(octets)} << 16 | load_16(octets + 2);
}

constexpr void store_32(std::byte* octets, std::uint32_t value) {
  store_16(octets, static_cast<std::uint16_t>(value >> 16));
  store_16(octets + 2, static_cast<std::uint16_t>(value & 0xffff));
}

// A size for a field of 16 bits, into which it fits.
constexpr std::uint16_t as_word(std::size_t size) {
  return static_cast<std::uint16_t>(size & 0xffff);
}

// Copies by memmove(), which GCC 12 does not make of std::ranges::copy(): that walks from octet to
// octet. Requires: there is room at 'to'.
inline void copy_octets(std::span<const std::byte> from, std::byte* to) {
  std::copy(from.begin(), from.end(), to);
}

}  // namespace tapswitch
