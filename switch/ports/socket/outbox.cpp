// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/outbox.hpp"

#include <algorithm>
#include <cassert>

#include "switch/frame/octets.hpp"

namespace tapswitch {

// Not initialised: of an outbox that is never needed no page is touched.
Outbox::Outbox(std::size_t capacity)
    : capacity_(capacity), memory_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

void Outbox::push(std::span<const std::byte> bytes) noexcept {
  assert(has_room_for(bytes.size()));
  const std::size_t end = (begin_ + size_) % capacity_;
  const std::size_t to_the_edge = std::min(bytes.size(), capacity_ - end);
  copy_octets(bytes.first(to_the_edge), memory_.get() + end);
  copy_octets(bytes.subspan(to_the_edge), memory_.get());
  size_ += bytes.size();
}

std::array<std::span<const std::byte>, 2> Outbox::contents() const noexcept {
  const std::size_t to_the_edge = std::min(size_, capacity_ - begin_);
  return {{{memory_.get() + begin_, to_the_edge}, {memory_.get(), size_ - to_the_edge}}};
}

void Outbox::pop(std::size_t size) noexcept {
  assert(size <= size_);
  size_ -= size;
  // From the start again where that costs nothing: the pages there are in the cache.
  begin_ = size_ == 0 ? 0 : (begin_ + size) % capacity_;
}

}  // namespace tapswitch
