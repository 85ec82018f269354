// SPDX-License-Identifier: Apache-2.0
// impairment.hpp: decides what becomes of each frame of one direction under its conditions: whether
// it is lost, and when it comes out at the other end. Pure: time is a parameter, and what is
// decided is done by whoever asks.
//
// Theory of operation: a frame meets, in this order, a cut or flap, loss, duplication, the rate and
// the delay. The rate is a clock of the line: each frame moves on the time at which the line is
// free again by the time that its bits take, and leaves then; after a pause the clock is behind by
// the burst at most. The delay of a frame is drawn anew, but it does not come out before one that
// was there earlier, unless it is reordered: then it has no delay. What would wait where too much
// waits already is not taken, and the line does not remember it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/conditions/conditions.hpp"
#include "switch/conditions/dice.hpp"

namespace tapswitch {

// When a frame comes out, and how.
struct Departure {
  TimePoint due{};
  bool is_ahead = false;                   // of those that wait in order
  std::optional<std::uint64_t> flipped{};  // this number, modulo the bits of the frame
};

class Impairment {
 public:
  enum class Fate : std::uint8_t { passes, lost, queue_full };

  struct Verdict {
    Fate fate = Fate::passes;
    std::size_t count = 0;  // how often it comes out: 2 if it is duplicated
    std::array<Departure, 2> copies{};

    [[nodiscard]] std::span<const Departure> departures() const {
      return std::span(copies).first(count);
    }
  };

  // 'seed' counts where the conditions have none.
  Impairment(const Conditions& conditions, std::uint64_t seed, TimePoint now);

  // Makes the conditions others. What was decided before is overtaken by nothing, provided that it
  // comes out no later than latest_due(now).
  void set(const Conditions& conditions, std::uint64_t seed, TimePoint now);

  // When a frame of before comes out at the latest if the conditions become these at 'now'.
  [[nodiscard]] TimePoint latest_due(TimePoint now) const { return now + conditions_.delay; }

  // Decides on a frame of 'size' bytes that comes at 'now', where frames of 'waiting' bytes
  // have not come out yet.
  [[nodiscard]] Verdict meet(std::size_t size, std::size_t waiting, TimePoint now);

  [[nodiscard]] const Conditions& conditions() const { return conditions_; }

 private:
  // The purposes of dice.
  struct AllDice {
    explicit AllDice(std::uint64_t seed);

    CorrelatedDice loss;
    CorrelatedDice jitter;
    CorrelatedDice duplicate;
    CorrelatedDice corrupt;
    CorrelatedDice reorder;
    Dice burst_loss;
    Dice bit;
  };

  [[nodiscard]] bool is_down(TimePoint now) const;
  [[nodiscard]] bool is_lost();
  [[nodiscard]] bool is_reordered();
  [[nodiscard]] std::chrono::nanoseconds delay();
  // Nullopt: there is no room to wait.
  [[nodiscard]] std::optional<Departure> depart(std::size_t size, std::size_t waiting,
                                                TimePoint now);

  Conditions conditions_;
  std::uint64_t queue_limit_;
  AllDice dice_;
  TimePoint begin_;                    // of the flapping
  TimePoint free_{};                   // when the line has sent all that it was given
  TimePoint last_due_{};               // of a frame in order
  TimePoint last_ahead_due_{};         // of one that went ahead
  std::uint32_t since_reordered_ = 0;  // frames
  bool is_bad_ = false;                // of BurstLoss
};

}  // namespace tapswitch
