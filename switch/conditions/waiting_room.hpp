// SPDX-License-Identifier: Apache-2.0
// waiting_room.hpp: how much memory all frames together take that wait under conditions, in all
// lines of a process.
// Limits: 'capacity' bytes. Threads: any.
#pragma once

#include <atomic>
#include <cstddef>

namespace tapswitch {

class WaitingRoom {
 public:
  static constexpr std::size_t usual_capacity = std::size_t{1} << 30;

  explicit WaitingRoom(std::size_t capacity = usual_capacity) : capacity_(capacity) {}

  // False: there is no room for so many bytes more.
  [[nodiscard]] bool take(std::size_t size) noexcept {
    if (used_.fetch_add(size, std::memory_order_relaxed) + size <= capacity_) {
      return true;
    }
    give_back(size);
    return false;
  }
  void give_back(std::size_t size) noexcept { used_.fetch_sub(size, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t capacity_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace tapswitch
