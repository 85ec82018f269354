// SPDX-License-Identifier: Apache-2.0
#include "tests/support/lending_port.hpp"

#include <algorithm>
#include <cstdlib>

namespace tapswitch::test {

std::vector<FrameBuffer::Part> LentMemory::lend(std::span<const std::byte> bytes) {
  constexpr std::array<std::size_t, 9> sizes{97, 1, 400, 3, 1'000, 5'001, 10'000, 20'000, 40'000};
  std::vector<FrameBuffer::Part> parts;
  for (const std::size_t size : sizes) {
    const auto piece = bytes.first(std::min(size, bytes.size()));
    bytes = bytes.subspan(piece.size());
    if (!piece.empty()) {
      parts.emplace_back(pieces_.emplace_back(piece.begin(), piece.end()));
    }
  }
  return parts;
}

void LentMemory::take_back() {
  for (std::vector<std::byte>& piece : pieces_) {
    std::ranges::fill(piece, std::byte{0xdb});
  }
  pieces_.clear();
}

void fill_lent(FrameBuffer& buffer, LentMemory& memory, std::span<const std::byte> frame,
               const Offload& offload) {
  if (!buffer.borrow(memory.lend(frame), offload)) {
    std::abort();
  }
  buffer.find_layout();
}

std::vector<std::byte> bytes_of(const FrameBuffer& frame) {
  std::vector<std::byte> bytes(frame.size());
  frame.copy(0, bytes);
  return bytes;
}

ReceiveStatus LendingPort::receive(std::size_t queue, FrameBuffer& frame) noexcept {
  is_asked_late_ = is_asked_late_ || is_retired_;
  const ReceiveStatus status = inner_->receive(queue, frame);
  if (status == ReceiveStatus::received) {
    const Offload offload = frame.offload();
    if (!frame.borrow(memory_.lend(frame.head()), offload)) {
      return ReceiveStatus::oversize;
    }
    ++lent_count_;
  }
  return status;
}

void LendingPort::give_back(std::size_t /*queue*/) noexcept {
  is_asked_late_ = is_asked_late_ || is_retired_;
  memory_.take_back();
  lent_count_ = 0;
}

}  // namespace tapswitch::test
