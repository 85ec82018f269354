// SPDX-License-Identifier: Apache-2.0
#include "switch/system/memory_reserve.hpp"

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace tapswitch::memory_reserve {
namespace {

constexpr std::size_t most = std::size_t{8} * 1'024 * 1'024;
constexpr std::size_t least = std::size_t{32} * 1'024;

std::atomic<void*> reserve = nullptr;

[[noreturn]] void give_back_and_throw() {
  std::free(reserve.exchange(nullptr));
  throw std::bad_alloc();
}

}  // namespace

void install() noexcept {
  (void)refill();
  std::set_new_handler(&give_back_and_throw);
}

// The memory that was given back may be in use now, or lie idle in the heap.
bool refill() noexcept {
  if (reserve.load(std::memory_order_relaxed) != nullptr) {
    return true;
  }
  (void)::malloc_trim(0);
  void* taken = nullptr;
  for (std::size_t size = most; taken == nullptr && size >= least; size /= 2) {
    taken = std::malloc(size);
  }
  void* none = nullptr;
  if (taken != nullptr && !reserve.compare_exchange_strong(none, taken)) {
    std::free(taken);  // another thread was first
    return true;
  }
  return taken != nullptr;
}

}  // namespace tapswitch::memory_reserve
