// SPDX-License-Identifier: Apache-2.0
// line.hpp: one direction of the line behind a port, under conditions: frames go in and come out,
// later, twice, garbled or not at all. Pure but for the memory of those that wait.
//
// Frames must be those of a wire, cut before; a checksum may be unfinished.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "switch/conditions/impairment.hpp"
#include "switch/conditions/waiting_frames.hpp"

namespace tapswitch {

class Line {
 public:
  enum class Entry : std::uint8_t {
    passes,  // it comes out at once, as it is: nothing of it is kept
    waits,   // or comes out at once otherwise: leave() says
    lost,
    queue_full,
  };

  // 'seed' counts where the conditions have none.
  Line(const Conditions& conditions, std::uint64_t seed, std::shared_ptr<WaitingRoom> room,
       TimePoint now)
      : impairment_(conditions, seed, now),
        waiting_(std::move(room)),
        has_conditions_(conditions != Conditions{}) {}

  void set(const Conditions& conditions, std::uint64_t seed, TimePoint now) {
    impairment_.set(conditions, seed, now);
    waiting_.hasten(impairment_.latest_due(now));
    has_conditions_ = conditions != Conditions{};
  }

  // 'frame' goes in. If it 'must_wait', it comes out by leave() in any case.
  [[nodiscard]] Entry enter(const FrameBuffer& frame, TimePoint now, bool must_wait = false);

  // Makes the next frame that comes out the one in 'frame'. False: none does yet.
  [[nodiscard]] bool leave(FrameBuffer& frame, TimePoint now);

  // When leave() has something next; nullopt: nothing waits.
  [[nodiscard]] std::optional<TimePoint> next_due() const { return waiting_.next_due(); }

  [[nodiscard]] const Conditions& conditions() const { return impairment_.conditions(); }

  // Whether nothing waits, and whatever comes passes.
  [[nodiscard]] bool is_clear() const { return !has_conditions_ && waiting_.is_empty(); }

 private:
  Impairment impairment_;
  WaitingFrames waiting_;
  bool has_conditions_;
};

}  // namespace tapswitch
