// SPDX-License-Identifier: Apache-2.0
#include "switch/forwarding/storm_gate.hpp"

#include <algorithm>

namespace tapswitch {
namespace {

using Unit = StormLimit::Unit;

constexpr double usual_burst_seconds = 0.1;
constexpr double bits_a_byte = 8;

// In frames, or in bytes.
BucketRate bucket_rate_of(const StormLimit& limit, std::uint32_t speed) {
  constexpr double bits_a_mbit = 1e6;
  const double link = speed != 0 ? speed * bits_a_mbit : double{StormLimit::usual_speed};
  const double bits = limit.unit == Unit::share ? limit.rate * link : limit.rate;
  const double rate = limit.unit == Unit::frames ? limit.rate : bits / bits_a_byte;
  const double least = limit.unit == Unit::frames ? 1 : double{StormLimit::full_frame};
  const double burst =
      limit.burst != 0 ? static_cast<double>(limit.burst) : rate * usual_burst_seconds;
  return {rate, std::max(burst, least)};
}

// The bytes of all frames that it is on a wire.
std::size_t octets_on_wire(const FrameBuffer& frame) {
  const std::size_t count = frame.wire_count();
  if (count == 1) {
    return frame.size();
  }
  const auto headers = frame.headers_of_segments();
  return frame.size() + (count - 1) * (headers ? headers->payload : 0);
}

std::size_t amount_of(const FrameBuffer& frame, Unit unit) {
  return unit == Unit::frames ? frame.wire_count() : octets_on_wire(frame);
}

}  // namespace

StormGate::StormGate(const StormRule& rule, std::uint32_t speed) : rule_(rule), speed_(speed) {
  for (const FloodKind kind : flood_kinds) {
    const StormLimit& limit = rule.of(kind);
    if (limit.unit != Unit::off) {
      Gate& gate = gates_[to_size(kind)];
      gate.unit = limit.unit;
      gate.rate = bucket_rate_of(limit, speed);
    }
  }
}

bool StormGate::lets_in(FloodKind kind, const FrameBuffer& frame, TokenBucket::TimePoint now) {
  Gate& gate = gates_[to_size(kind)];
  return gate.unit == Unit::off || gate.bucket.take(gate.rate, amount_of(frame, gate.unit), now);
}

bool StormGate::would_let_in(FloodKind kind, const FrameBuffer& frame,
                             TokenBucket::TimePoint now) const {
  const Gate& gate = gates_[to_size(kind)];
  return gate.unit == Unit::off || gate.bucket.has(gate.rate, amount_of(frame, gate.unit), now);
}

}  // namespace tapswitch
