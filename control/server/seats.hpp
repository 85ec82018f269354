// SPDX-License-Identifier: Apache-2.0
// seats.hpp: decides who has to leave an entrance that is full, so that one more can come in.
//
// Pure: a function of who is there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tapswitch::server {

struct Seat {
  std::uint32_t uid;
  bool is_busy;                                  // an answer is owed to it: it does not leave
  bool is_subscribed;                            // it leaves after those that are not
  std::chrono::steady_clock::time_point active;  // when it last sent or took something
};

struct SeatLimits {
  std::size_t all;
  std::size_t per_user;
};

struct Seating {
  enum class Kind : std::uint8_t { free, replace, refuse };
  Kind kind;
  std::size_t leaving = 0;  // an index of a seat, to replace
};

// A user with all its seats replaces its own idlest session. If the entrance is full, the idlest
// of the users with most sessions leaves. Nobody leaves in the midst of a request.
[[nodiscard]] Seating seat_for(std::uint32_t uid, std::span<const Seat> taken, SeatLimits limits);

}  // namespace tapswitch::server
