// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/impairment.hpp"

#include <algorithm>

namespace tapswitch {
namespace {

using std::chrono::nanoseconds;

// How long the line takes for 'size' bytes.
nanoseconds time_of(std::uint64_t size, std::uint64_t rate) {
  constexpr std::uint64_t bits_of_nanoseconds = 8'000'000'000;
  // In two steps, for a burst of many bytes does not fit one.
  const std::uint64_t whole = size / rate * bits_of_nanoseconds;
  const auto part = static_cast<std::uint64_t>(static_cast<double>(size % rate) *
                                               static_cast<double>(bits_of_nanoseconds) /
                                               static_cast<double>(rate));
  return nanoseconds(whole + part);
}

}  // namespace

Impairment::AllDice::AllDice(std::uint64_t seed)
    : loss(seed, 0),
      jitter(seed, 1),
      duplicate(seed, 2),
      corrupt(seed, 3),
      reorder(seed, 4),
      burst_loss(seed, 5),
      bit(seed, 6) {}

Impairment::Impairment(const Conditions& conditions, std::uint64_t seed, TimePoint now)
    : conditions_(conditions),
      queue_limit_(conditions.queue_limit()),
      dice_(conditions.seed.value_or(seed)),
      begin_(now) {}

void Impairment::set(const Conditions& conditions, std::uint64_t seed, TimePoint now) {
  conditions_ = conditions;
  queue_limit_ = conditions.queue_limit();
  dice_ = AllDice(conditions.seed.value_or(seed));
  begin_ = now;
  free_ = now;
  last_due_ = std::min(last_due_, latest_due(now));
  last_ahead_due_ = std::min(last_ahead_due_, latest_due(now));
  since_reordered_ = 0;
  is_bad_ = false;
}

Impairment::Verdict Impairment::meet(std::size_t size, std::size_t waiting, TimePoint now) {
  Verdict verdict;
  if (is_down(now) || is_lost()) {
    verdict.fate = Fate::lost;
    return verdict;
  }
  const bool is_twice = dice_.duplicate.happens(conditions_.duplicate, conditions_.correlation);
  const std::size_t wanted = is_twice ? 2 : 1;
  while (verdict.count < wanted) {
    const auto departure = depart(size, waiting + verdict.count * size, now);
    if (!departure) {
      verdict.fate = verdict.count == 0 ? Fate::queue_full : Fate::passes;
      return verdict;
    }
    verdict.copies[verdict.count++] = *departure;
  }
  return verdict;
}

bool Impairment::is_down(TimePoint now) const {
  if (conditions_.is_cut) {
    return true;
  }
  const auto& flap = conditions_.flap;
  return flap && (now - begin_) % (flap->up + flap->down) >= flap->up;
}

bool Impairment::is_lost() {
  if (const auto& model = conditions_.loss_model) {
    const bool was_bad = is_bad_;
    is_bad_ ^= dice_.burst_loss.happens(was_bad ? model->to_good : model->to_bad);
    return dice_.burst_loss.happens(was_bad ? model->loss_when_bad : model->loss_when_good);
  }
  return dice_.loss.happens(conditions_.loss, conditions_.correlation);
}

bool Impairment::is_reordered() {
  if (conditions_.reorder <= 0 || ++since_reordered_ < conditions_.gap ||
      !dice_.reorder.happens(conditions_.reorder, conditions_.correlation)) {
    return false;
  }
  since_reordered_ = 0;
  return true;
}

nanoseconds Impairment::delay() {
  if (conditions_.jitter == nanoseconds::zero()) {
    return conditions_.delay;
  }
  const double deviation =
      dice_.jitter.deviation(conditions_.distribution, conditions_.correlation);
  // The tail of pareto has no end.
  constexpr double most = static_cast<double>(nanoseconds(Conditions::longest_delay).count());
  const double wanted = static_cast<double>(conditions_.delay.count()) +
                        deviation * static_cast<double>(conditions_.jitter.count());
  return nanoseconds(static_cast<nanoseconds::rep>(std::clamp(wanted, 0.0, most)));
}

std::optional<Departure> Impairment::depart(std::size_t size, std::size_t waiting, TimePoint now) {
  TimePoint free = free_;
  TimePoint sent = now;
  if (conditions_.rate != 0) {
    free = std::max(free_, now - time_of(conditions_.burst, conditions_.rate)) +
           time_of(size, conditions_.rate);
    sent = std::max(now, free);
  }
  const bool is_ahead = is_reordered();
  TimePoint& last = is_ahead ? last_ahead_due_ : last_due_;
  const TimePoint due = std::max(is_ahead ? sent : sent + delay(), last);
  // An empty queue takes one frame, however long that is, unless it is closed; what need not wait
  // crosses even so.
  const bool has_room =
      waiting + size <= queue_limit_ || (waiting == 0 && (queue_limit_ > 0 || due <= now));
  if (!has_room) {
    return std::nullopt;
  }
  free_ = free;
  last = due;
  Departure departure{.due = due, .is_ahead = is_ahead};
  if (dice_.corrupt.happens(conditions_.corrupt, conditions_.correlation)) {
    departure.flipped = dice_.bit.number();
  }
  return departure;
}

}  // namespace tapswitch
