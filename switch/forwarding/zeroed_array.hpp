// SPDX-License-Identifier: Apache-2.0
// zeroed_array.hpp: an array of counters that starts with zeros and costs only the pages that are
// written to: a switch may count for 4,096 ports and VLANs, and most switches have a few of them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <utility>

namespace tapswitch {

// Requires: an 'Element' of zero bytes is one of value zero, and needs no destructor's work.
template <typename Element>
class ZeroedArray {
 public:
  // Throws std::bad_alloc.
  explicit ZeroedArray(std::size_t count) : size_(count * sizeof(Element)) {
    void* const memory =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::bad_alloc();
    }
    elements_ = static_cast<Element*>(memory);
  }
  ZeroedArray(ZeroedArray&& other) noexcept
      : size_(other.size_), elements_(std::exchange(other.elements_, nullptr)) {}
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;
  ZeroedArray& operator=(ZeroedArray&&) = delete;
  ~ZeroedArray() {
    if (elements_ != nullptr) {
      ::munmap(elements_, size_);
    }
  }

  [[nodiscard]] Element* get() const { return elements_; }
  [[nodiscard]] Element& operator[](std::size_t i) const { return elements_[i]; }

 private:
  std::size_t size_;
  Element* elements_ = nullptr;
};

}  // namespace tapswitch
