// SPDX-License-Identifier: Apache-2.0
// frame_queue.hpp: frames on their way from one thread to another inside the process, in order,
// each with its number and what is unfinished about it, and a descriptor that tells when some are
// there.
//
// Theory of operation: a ring of bytes. A frame lies in it as a record: a head, and the bytes
// behind it; a record that would reach beyond the end of the ring starts at its beginning instead.
// The two positions count up for ever; what lies between them is filled. Whoever takes out moves
// one of them and takes no lock; those who put in move the other and exclude each other by a mutex,
// for the order of frames is theirs to keep. It is held for the copying of one frame.
// The descriptor is an eventfd, readable as long as there are frames. It is written only by who
// finds that the other side was told of nothing since the queue was empty last: while it is not
// empty, no frame costs a system call.
// Limits: 'capacity' bytes, allocated at once (the kernel gives memory only to what is used of it).
// Threads: push() any; pop() one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "switch/frame/frame_buffer.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class FrameQueue {
 public:
  // A multiple of the alignment of records, and far more than the largest frame.
  // The eventfd must be open.
  FrameQueue(std::size_t capacity, UniqueFd eventfd);

  // Puts a copy of the frame in. False if there is no room for it now.
  bool push(const FrameBuffer& frame) noexcept;

  // Takes the oldest frame out. False if there is none.
  bool pop(FrameBuffer& frame) noexcept;

  [[nodiscard]] int descriptor() const noexcept { return eventfd_.get(); }

 private:
  struct Head {
    std::size_t size = 0;  // of the frame; no_frame: go on at the beginning
    std::uint64_t number = 0;
    Offload offload;
  };

  [[nodiscard]] std::byte* at(std::uint64_t position) noexcept {
    return memory_.get() + position % capacity_;
  }
  [[nodiscard]] std::size_t room_to_the_end(std::uint64_t position) const noexcept {
    return capacity_ - position % capacity_;
  }
  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] bool take(FrameBuffer& frame) noexcept;
  [[nodiscard]] bool put(const FrameBuffer& frame) noexcept;

  const std::size_t capacity_;
  const std::unique_ptr<std::byte[]> memory_;
  const UniqueFd eventfd_;
  std::mutex putting_;
  // On cache lines of their own, for each is written by another side.
  alignas(64) std::atomic<std::uint64_t> written_ = 0;
  alignas(64) std::atomic<std::uint64_t> read_ = 0;
  // Whether somebody writes the descriptor, or has done so since the queue was empty last.
  alignas(64) std::atomic<bool> is_announced_ = false;
};

}  // namespace tapswitch
