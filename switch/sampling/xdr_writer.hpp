// SPDX-License-Identifier: Apache-2.0
// xdr_writer.hpp: writes what goes into one datagram as XDR has it: big-endian, in units of four
// bytes [RFC 4506].
// Limits: 'capacity' bytes. Requires: there is room for what is written.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tapswitch {

class XdrWriter {
 public:
  // A datagram of so many bytes crosses a path of Ethernet, also in a tunnel, in one piece.
  static constexpr std::size_t capacity = 1'400;
  static constexpr std::size_t unit = 4;

  [[nodiscard]] static constexpr std::size_t padded(std::size_t size) {
    return (size + unit - 1) & ~(unit - 1);
  }

  void word(std::uint32_t value) {
    assert(size_ + unit <= capacity);
    put(size_, value);
    size_ += unit;
  }

  void double_word(std::uint64_t value) {
    word(static_cast<std::uint32_t>(value >> 32));
    word(static_cast<std::uint32_t>(value));
  }

  // Writes bytes of which the reader knows how many there are.
  void bytes(std::span<const std::byte> all) {
    assert(size_ + padded(all.size()) <= capacity);
    std::ranges::copy(all, memory_.begin() + static_cast<std::ptrdiff_t>(size_));
    std::fill_n(memory_.begin() + static_cast<std::ptrdiff_t>(size_ + all.size()),
                padded(all.size()) - all.size(), std::byte{0});
    size_ += padded(all.size());
  }

  // Writes bytes behind their length.
  void opaque(std::span<const std::byte> all) {
    word(static_cast<std::uint32_t>(all.size()));
    bytes(all);
  }
  void text(std::string_view all) { opaque(std::as_bytes(std::span(all))); }

  // Leaves a word out that set() writes later. Returns where it is.
  [[nodiscard]] std::size_t later() {
    word(0);
    return size_ - unit;
  }
  void set(std::size_t at, std::uint32_t value) { put(at, value); }
  // Sets the word at 'at' to how many bytes are written behind it.
  void set_length(std::size_t at) { put(at, static_cast<std::uint32_t>(size_ - at - unit)); }

  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return capacity - size_; }
  [[nodiscard]] std::span<const std::byte> written() const {
    return std::span(memory_).first(size_);
  }

 private:
  void put(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < unit; ++i) {
      memory_[at + i] = static_cast<std::byte>(value >> (24 - 8 * i) & 0xff);
    }
  }

  std::array<std::byte, capacity> memory_;
  std::size_t size_ = 0;
};

}  // namespace tapswitch
