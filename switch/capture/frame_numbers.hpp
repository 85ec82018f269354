// SPDX-License-Identifier: Apache-2.0
// frame_numbers.hpp: gives numbers to frames that are looked at, so that the copies of one can be
// told from those of others: where it came in, and at each port by which it left.
//
// Theory of operation: a frame is numbered when it is looked at first, and keeps its number on its
// way (FrameBuffer::number()). A super-frame takes as many numbers as it has segments, so that each
// has the same whether the switch cuts it or only its copy is cut. Each worker takes numbers from a
// block of its own and another block when that is used up. Threads: any, each as one worker.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

class FrameNumbers {
 public:
  explicit FrameNumbers(std::size_t worker_count) : blocks_(worker_count) {}

  // Numbers 'frame', unless it has a number.
  void give(std::size_t worker, const FrameBuffer& frame) noexcept {
    if (frame.number() == 0) {
      frame.set_number(take(blocks_[worker], frame.wire_count()));
    }
  }

 private:
  struct alignas(64) Block {
    std::uint64_t next = 0;
    std::uint64_t end = 0;
  };
  static constexpr std::uint64_t block_size = 131'072;
  // A super-frame finds room in a block of its own: a segment has a byte of payload at least.
  static_assert(block_size >= FrameBuffer::max_frame_size);

  std::uint64_t take(Block& block, std::size_t count) noexcept {
    if (block.end - block.next < count) {
      block.next = first_free_.fetch_add(block_size, std::memory_order_relaxed);
      block.end = block.next + block_size;
    }
    block.next += count;
    return block.next - count;
  }

  std::atomic<std::uint64_t> first_free_ = 1;
  std::vector<Block> blocks_;  // by worker
};

}  // namespace tapswitch
