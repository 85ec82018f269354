// SPDX-License-Identifier: Apache-2.0
#include "switch/conditions/line.hpp"

namespace tapswitch {

Line::Entry Line::enter(const FrameBuffer& frame, TimePoint now, bool must_wait) {
  const Impairment::Verdict verdict = impairment_.meet(frame.size(), waiting_.octets(), now);
  switch (verdict.fate) {
    case Impairment::Fate::lost:
      return Entry::lost;
    case Impairment::Fate::queue_full:
      return Entry::queue_full;
    case Impairment::Fate::passes:
      break;
  }
  const Departure& first = verdict.copies.front();
  if (verdict.count == 1 && !first.flipped && first.due <= now && waiting_.is_empty() &&
      !must_wait) {
    return Entry::passes;
  }
  auto entry = Entry::queue_full;
  for (const Departure& departure : verdict.departures()) {
    if (waiting_.push(frame, departure)) {
      entry = Entry::waits;
    }
  }
  return entry;
}

bool Line::leave(FrameBuffer& frame, TimePoint now) {
  const auto due = waiting_.next_due();
  if (!due || *due > now) {
    return false;
  }
  waiting_.pop(frame);
  return true;
}

}  // namespace tapswitch
