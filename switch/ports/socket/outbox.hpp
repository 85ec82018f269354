// SPDX-License-Identifier: Apache-2.0
// outbox.hpp: bytes that a stream socket did not take yet, in order. A ring, so that neither end
// ever moves what is in it.
//
// Limits: 'capacity' bytes, allocated once; what does not fit whole is not taken.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace tapswitch {

class Outbox {
 public:
  explicit Outbox(std::size_t capacity);

  [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool has_room_for(std::size_t size) const noexcept {
    return size <= capacity_ - size_;
  }

  // There must be room.
  void push(std::span<const std::byte> bytes) noexcept;

  // Returns what is in it, oldest first; the second is empty unless the ring wraps.
  [[nodiscard]] std::array<std::span<const std::byte>, 2> contents() const noexcept;

  // Takes the 'size' oldest bytes out.
  void pop(std::size_t size) noexcept;

  void clear() noexcept { begin_ = size_ = 0; }

 private:
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tapswitch
