// SPDX-License-Identifier: Apache-2.0
// waiting_frames.hpp: copies of frames on their way, in two rows: those in order and those that go
// ahead of them. In each row no frame is due before the one in front of it.
// Limits: memory is taken frame by frame, as long as the waiting room has some.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "switch/conditions/impairment.hpp"
#include "switch/conditions/waiting_room.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

class WaitingFrames {
 public:
  explicit WaitingFrames(std::shared_ptr<WaitingRoom> room) : room_(std::move(room)) {}
  WaitingFrames(const WaitingFrames&) = delete;
  WaitingFrames& operator=(const WaitingFrames&) = delete;
  ~WaitingFrames();

  // Puts a copy in. False: there is no room for it.
  [[nodiscard]] bool push(const FrameBuffer& frame, const Departure& departure) noexcept;

  // When the next one is due; nullopt: none waits.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  // Makes the one that is due first the frame in 'frame', with a bit of it turned over if that was
  // decided. Requires: there is one.
  void pop(FrameBuffer& frame) noexcept;

  // None is due later than 'latest' any more.
  void hasten(TimePoint latest);

  // Returns how many bytes those frames have.
  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] bool is_empty() const { return in_order_.empty() && ahead_.empty(); }

 private:
  struct Waiting {
    Departure departure;
    Offload offload;
    std::uint64_t number = 0;  // FrameBuffer::number()
    std::size_t size = 0;
    std::unique_ptr<std::byte[]> bytes;
  };
  using Row = std::deque<Waiting>;

  // Returns the row of the one that is due first; of two that are due together the one ahead is.
  [[nodiscard]] const Row& first_row() const;

  static std::size_t memory_of(std::size_t size) { return size + sizeof(Waiting); }

  const std::shared_ptr<WaitingRoom> room_;
  Row in_order_;
  Row ahead_;
  std::size_t octets_ = 0;
};

}  // namespace tapswitch
