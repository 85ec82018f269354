// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/conditions/conditioned_port.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "switch/conditions/wake_log.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {
namespace {

// The most frames that one call lets out, or takes in, so that it does not last.
constexpr int most_at_once = 32;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

constexpr std::chrono::nanoseconds never{0};
constexpr std::chrono::nanoseconds at_once{1};

TimePoint present() { return std::chrono::steady_clock::now(); }

// The log knows when this thread last came to a port with conditions.
thread_local WakeLog wake_log;

// The same for whoever comes to a port.
TimePoint arrive() {
  const TimePoint now = present();
  wake_log.note(now);
  return now;
}

}  // namespace

void ConditionedPort::Way::arm(TimePoint now) noexcept {
  const auto next = line.next_due();
  const bool is_told = due && rings <= now && next && *next <= now;
  if (next == due || is_told) {
    return;
  }
  due = next;
  is_slept_for = next && *next - now >= WakeLog::long_sleep && wake_log.has_just_woken(now);
  rings = next.value_or(TimePoint());
  if (is_slept_for) {
    rings -= head_start.get();
  }
  timer.set(next ? std::max(rings - now, at_once) : never);
}

void ConditionedPort::Way::note_arrival(TimePoint now) noexcept {
  if (is_slept_for && rings <= now) {
    is_slept_for = false;
    head_start.was_late_by(now - rings);
  }
}

KernelResult<std::unique_ptr<ConditionedPort>> ConditionedPort::open(
    Port& inner, const PortConditions& conditions, const std::shared_ptr<WaitingRoom>& room) {
  std::vector<Entrance> entrances;
  for (std::size_t queue = 0; queue < inner.queue_count(); ++queue) {
    auto again = Timer::open();
    if (!again) {
      return again.error();
    }
    const int descriptor = again->descriptor();
    entrances.push_back({.again = std::move(*again),
                         .further = {descriptor},
                         .whole = std::make_unique_for_overwrite<FrameBuffer>(),
                         .segments = {}});
  }
  auto in = Timer::open();
  auto out = Timer::open();
  if (!in || !out) {
    return in ? out.error() : in.error();
  }
  for (const Timer* timer : {&*in, &*out}) {
    entrances.front().further.push_back(timer->descriptor());
  }
  return std::unique_ptr<ConditionedPort>(new ConditionedPort(
      inner, conditions, room, std::move(*in), std::move(*out), std::move(entrances)));
}

ConditionedPort::ConditionedPort(Port& inner, const PortConditions& conditions,
                                 const std::shared_ptr<WaitingRoom>& room, Timer in, Timer out,
                                 std::vector<Entrance> entrances)
    : inner_(inner),
      entrances_(std::move(entrances)),
      in_{.mutex = {},
          .line = {conditions.in, random_seed(), room, present()},
          .timer = std::move(in)},
      out_{.mutex = {},
           .line = {conditions.out, random_seed(), room, present()},
           .timer = std::move(out)} {}

void ConditionedPort::set(const PortConditions& conditions) {
  const TimePoint now = present();
  const auto set_way = [now](Way& way, const Conditions& wanted) {
    const std::lock_guard lock(way.mutex);
    if (way.line.conditions() != wanted) {
      way.line.set(wanted, random_seed(), now);
      way.arm(now);
    }
  };
  set_way(in_, conditions.in);
  set_way(out_, conditions.out);
}

bool ConditionedPort::is_clear() {
  const std::scoped_lock lock(in_.mutex, out_.mutex);
  return in_.line.is_clear() && out_.line.is_clear() &&
         std::ranges::none_of(entrances_, &Entrance::is_taking);
}

SendStatus ConditionedPort::send(FrameBuffer& frame) noexcept {
  const TimePoint now = arrive();
  const std::lock_guard lock(out_.mutex);
  switch (out_.line.enter(frame, now)) {
    case Line::Entry::passes:
      return inner_.send(frame);
    case Line::Entry::waits:
      out_.arm(now);
      return SendStatus::sent;
    case Line::Entry::lost:
      return SendStatus::lost;
    case Line::Entry::queue_full:
      break;
  }
  return SendStatus::queue_full;
}

ReceiveStatus ConditionedPort::receive(std::size_t queue, FrameBuffer& frame) noexcept {
  Entrance& entrance = entrances_[queue];
  {
    const std::lock_guard lock(in_.mutex);
    entrance.is_taking = entrance.keeps_some() || !in_.line.is_clear();
  }
  if (!entrance.is_taking) {
    return inner_.receive(queue, frame);
  }
  const ReceiveStatus status = take_in(queue, frame);
  if (entrance.keeps_some() != entrance.is_to_go_on) {
    entrance.is_to_go_on = entrance.keeps_some();
    entrance.again.set(entrance.is_to_go_on ? at_once : never);
  }
  const std::lock_guard lock(in_.mutex);
  entrance.is_taking = entrance.segments.has_value();
  return status;
}

// Serves whichever timer has rung.
ReceiveStatus ConditionedPort::receive_further(std::size_t queue, FrameBuffer& frame) noexcept {
  if (queue == 0) {
    const TimePoint now = arrive();
    if (!send_due(frame, now)) {
      return ReceiveStatus::unsent;
    }
    if (const ReceiveStatus status = let_in(frame, now); has_frame(status)) {
      return status;
    }
  }
  return entrances_[queue].is_to_go_on ? receive(queue, frame) : ReceiveStatus::empty;
}

// Lets in a frame that is due to come in.
ReceiveStatus ConditionedPort::let_in(FrameBuffer& frame, TimePoint now) noexcept {
  const std::lock_guard lock(in_.mutex);
  in_.note_arrival(now);
  const bool is_there = in_.line.leave(frame, now);
  in_.arm(now);
  return is_there ? ReceiveStatus::received : ReceiveStatus::empty;
}

// Lets out the frames that are due to leave. False: the one in 'frame' could not.
bool ConditionedPort::send_due(FrameBuffer& frame, TimePoint now) noexcept {
  const std::lock_guard lock(out_.mutex);
  out_.note_arrival(now);
  unsent_ = SendStatus::sent;
  int count = 0;
  while (unsent_ == SendStatus::sent && count < most_at_once && out_.line.leave(frame, now)) {
    frame.find_layout();
    unsent_ = inner_.send(frame);
    ++count;
  }
  out_.arm(now);
  if (count > 0) {
    inner_.flush();
  }
  return unsent_ == SendStatus::sent;
}

// Takes frames from the inner port until one passes or is lost. Behind some that wait it says that
// there is nothing: whoever waits for the descriptor is told of what is left there. The first waits
// alone, since most often nothing follows; then as many are taken as before, and as many again.
ReceiveStatus ConditionedPort::take_in(std::size_t queue, FrameBuffer& frame) noexcept {
  Entrance& entrance = entrances_[queue];
  const auto is_to_go_on = [&entrance](int count) {
    return count < entrance.depth || (count < most_at_once && entrance.keeps_some());
  };
  for (int count = 0; is_to_go_on(count); ++count) {
    if (const ReceiveStatus status = receive_cut(queue, frame); !has_frame(status)) {
      entrance.depth = 1;
      return status;
    }
    const TimePoint now = arrive();
    const std::lock_guard lock(in_.mutex);
    switch (in_.line.enter(frame, now, queue != 0)) {
      case Line::Entry::passes:
        return ReceiveStatus::received;
      case Line::Entry::waits:
        in_.arm(now);
        break;
      case Line::Entry::lost:
        return ReceiveStatus::lost;
      case Line::Entry::queue_full:
        return ReceiveStatus::queue_full;
    }
  }
  entrance.depth = std::min(2 * entrance.depth, most_at_once);
  return ReceiveStatus::empty;
}

// Receives a frame of the wire, whole. A super-frame that is none is left as it is, for whoever
// forwards it to refuse.
ReceiveStatus ConditionedPort::receive_cut(std::size_t queue, FrameBuffer& frame) noexcept {
  Entrance& entrance = entrances_[queue];
  if (entrance.segments) {
    if (entrance.segments->next(frame)) {
      return ReceiveStatus::received;
    }
    entrance.segments.reset();
  }
  const ReceiveStatus status = inner_.receive(queue, frame);
  entrance.has_more = status == ReceiveStatus::more || inner_.has_more(queue);
  if (!has_frame(status)) {
    return status;
  }
  const std::span<std::byte> bytes = frame.make_whole();
  if (frame.offload().gso == GsoKind::none || bytes.size() < FrameView::header_size) {
    return status;
  }
  FrameBuffer& whole = *entrance.whole;
  copy_octets(bytes, whole.space().data());
  whole.assign(bytes.size(), frame.offload());
  whole.find_layout();
  const bool is_to_be_cut = whole.check_offload() && whole.offload().gso != GsoKind::none;
  const auto headers = is_to_be_cut ? whole.headers_of_segments() : std::nullopt;
  if (headers) {
    entrance.segments.emplace(whole, *headers);
    (void)entrance.segments->next(frame);  // the first is always there
  }
  return status;
}

}  // namespace tapswitch
