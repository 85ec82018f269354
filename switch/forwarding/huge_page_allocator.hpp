// SPDX-License-Identifier: Apache-2.0
// huge_page_allocator.hpp: memory for a large table that is read at random.
//
// With pages of 4 KiB, most lookups in such a table would miss the TLB as well as the cache; so the
// kernel is asked for huge pages. If it has none, the memory is ordinary.
#pragma once

#include <cstddef>
#include <new>

#include <sys/mman.h>

namespace tapswitch {

template <typename Element>
class HugePageAllocator {
 public:
  using value_type = Element;

  HugePageAllocator() = default;
  template <typename Other>
  explicit HugePageAllocator(const HugePageAllocator<Other>&) {}

  [[nodiscard]] Element* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(Element);
    void* const memory = ::operator new(size, alignment_of(size));
    if (size >= huge_page_size) {
      // Only advice: nothing depends on its being taken.
      static_cast<void>(::madvise(memory, size / huge_page_size * huge_page_size, MADV_HUGEPAGE));
    }
    return static_cast<Element*>(memory);
  }

  void deallocate(Element* memory, std::size_t count) {
    ::operator delete(memory, alignment_of(count * sizeof(Element)));
  }

  template <typename Other>
  bool operator==(const HugePageAllocator<Other>&) const {
    return true;
  }

 private:
  static constexpr std::size_t huge_page_size = std::size_t{2} << 20;

  static constexpr std::align_val_t alignment_of(std::size_t size) {
    return std::align_val_t{size >= huge_page_size ? huge_page_size : alignof(Element)};
  }
};

}  // namespace tapswitch
