// SPDX-License-Identifier: Apache-2.0
// storm_gate.hpp: lets frames that have no single known destination in by a port, as far as its
// StormRule says: the state of storm control, with the limits that it was made for.
//
// A super-frame counts as the frames that it is on a wire, and passes or is dropped whole.
// Threads: any worker. Nothing of it blocks or allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/forwarding/flood_kind.hpp"
#include "switch/forwarding/storm_rule.hpp"
#include "switch/forwarding/token_bucket.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

class StormGate {
 public:
  // 'speed' is that of the port's link, in Mbit/s; 0: nobody knows, and StormLimit::usual_speed
  // counts. Its buckets are full.
  StormGate(const StormRule& rule, std::uint32_t speed);

  // Whether a new one of these would have the same limits.
  [[nodiscard]] bool is_of(const StormRule& rule, std::uint32_t speed) const {
    return rule_ == rule && (speed_ == speed || !rule.is_of_speed());
  }

  // Counts 'frame' as one of that class that comes in now. False: it is to be dropped, and counts
  // as none.
  [[nodiscard]] bool lets_in(FloodKind kind, const FrameBuffer& frame, TokenBucket::TimePoint now);
  // Whether lets_in() would be true.
  [[nodiscard]] bool would_let_in(FloodKind kind, const FrameBuffer& frame,
                                  TokenBucket::TimePoint now) const;

 private:
  struct Gate {
    StormLimit::Unit unit = StormLimit::Unit::off;
    BucketRate rate;
    TokenBucket bucket;
  };

  const StormRule rule_;
  const std::uint32_t speed_;
  std::array<Gate, flood_kind_count> gates_;
};

}  // namespace tapswitch
