// SPDX-License-Identifier: Apache-2.0
#include "switch/system/memory_reserve.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace tapswitch::memory_reserve {
namespace {

constexpr std::size_t size = std::size_t{8} * 1'024 * 1'024;

std::atomic<void*> reserve = nullptr;

[[noreturn]] void give_back_and_throw() {
  std::free(reserve.exchange(nullptr));
  throw std::bad_alloc();
}

}  // namespace

void install() noexcept {
  refill();
  std::set_new_handler(&give_back_and_throw);
}

void refill() noexcept {
  if (reserve.load(std::memory_order_relaxed) != nullptr) {
    return;
  }
  void* const taken = std::malloc(size);
  void* none = nullptr;
  if (!reserve.compare_exchange_strong(none, taken)) {
    std::free(taken);  // another thread was first
  }
}

}  // namespace tapswitch::memory_reserve
