// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_port.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "switch/frame/octets.hpp"

namespace tapswitch {
namespace {

constexpr std::uint64_t connection_tag = 1;
constexpr std::uint64_t inbox_tag = 2;
constexpr std::uint64_t flag_tag = 3;
constexpr std::uint64_t source_tag = 4;
constexpr std::uint64_t bell_tag = 5;
constexpr std::uint32_t connection_events = EPOLLIN | EPOLLRDHUP;
constexpr std::uint32_t end_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// Whether the peer has ended it by now. A set looks at its sockets one after the other: it can have
// seen a connection before its end and a newcomer who came after that.
bool has_ended(const PeerSocket& connection) noexcept {
  pollfd end{.fd = connection.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&end, 1, 0) > 0;
}

}  // namespace

KernelResult<std::unique_ptr<AttendedPort>> StreamPort::open(std::unique_ptr<StreamSource> source,
                                                             std::uint32_t mtu) {
  auto set = EpollSet::open();
  if (!set) {
    return set.error();
  }
  auto arrivals = EpollSet::open();
  if (!arrivals) {
    return arrivals.error();
  }
  Handles handles{.set = std::move(*set), .arrivals = std::move(*arrivals)};
  if (!handles.bell.is_open() || !handles.inbox.is_open() || !handles.flag.is_open() ||
      !handles.set.add(handles.flag.descriptor(), EPOLLIN, flag_tag) ||
      !handles.set.add(handles.inbox.descriptor(), EPOLLIN, inbox_tag) ||
      !handles.arrivals.add(handles.bell.descriptor(), EPOLLIN, bell_tag) ||
      !handles.arrivals.add(source->descriptor(), EPOLLIN, source_tag)) {
    return kernel_error(errno, "epoll_ctl", "wait for", "connections");
  }
  return std::unique_ptr<AttendedPort>(new StreamPort(std::move(handles), std::move(source), mtu));
}

StreamPort::StreamPort(Handles handles, std::unique_ptr<StreamSource> source, std::uint32_t mtu)
    : mtu_(mtu),
      source_(std::move(source)),
      arrivals_(std::move(handles.arrivals)),
      slot_(std::move(handles.inbox), std::move(handles.bell)),
      set_(std::move(handles.set)),
      flag_(std::move(handles.flag)),
      outlet_(set_, connection_events, connection_tag) {}

void StreamPort::answer() {
  if (slot_.hear_end()) {
    source_->on_end();
  }
  if (slot_.is_free()) {
    if (PeerSocket newcomer = source_->take(); newcomer.is_open()) {
      slot_.put(std::move(newcomer));
    }
  }
  // Others wait in the kernel until the worker has taken the last one; then the bell rings.
  if (const bool is_free = slot_.is_free(); is_free != is_taking_) {
    is_taking_ = is_free;
    arrivals_.change(source_->descriptor(), is_taking_ ? EPOLLIN : 0U, source_tag);
  }
}

ReceiveStatus StreamPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  const ReceiveStatus status = next(frame);
  raise_flag(has_more_to_say());
  return status;
}

ReceiveStatus StreamPort::next(FrameBuffer& frame) noexcept {
  for (int step = 0; step < most_steps; ++step) {
    if (const auto status = take_frame(frame)) {
      return *status;
    }
    if (std::exchange(is_cut_short_, false)) {
      return ReceiveStatus::misframed;
    }
    if (has_news_ && !is_told_.exchange(true)) {
      has_news_ = false;
      return ReceiveStatus::changed;
    }
    if (may_have_more_) {
      read();
    } else if (!look_around()) {
      return ReceiveStatus::empty;
    }
  }
  return ReceiveStatus::empty;  // the set is still readable
}

// Besides what the sockets have.
bool StreamPort::has_more_to_say() const noexcept {
  return is_cut_short_ || (has_news_ && !is_told_) || deframer_.has_next();
}

void StreamPort::raise_flag(bool is_raised) noexcept {
  if (is_raised == is_flag_raised_) {
    return;
  }
  is_flag_raised_ = is_raised;
  if (is_raised) {
    flag_.ring();
  } else {
    flag_.silence();
  }
}

std::optional<ReceiveStatus> StreamPort::take_frame(FrameBuffer& frame) noexcept {
  const StreamDeframer::Found found = deframer_.next();
  switch (found.kind) {
    case StreamDeframer::Found::Kind::frame:
      copy_octets(found.frame, frame.space().data());
      frame.assign(found.frame.size());
      return ReceiveStatus::received;
    case StreamDeframer::Found::Kind::invalid:
      hang_up();
      is_cut_short_ = true;
      return std::nullopt;
    case StreamDeframer::Found::Kind::incomplete:
      return std::nullopt;
  }
  return std::nullopt;
}

void StreamPort::read() noexcept {
  const std::span<std::byte> space = deframer_.space();
  const ssize_t size = connection_.receive(space);
  if (size > 0) {
    deframer_.commit(static_cast<std::size_t>(size));
    // A read that comes out short has taken all there was.
    may_have_more_ = static_cast<std::size_t>(size) == space.size();
  } else if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    may_have_more_ = false;
  } else {
    is_cut_short_ = deframer_.is_within_frame();
    hang_up();
  }
}

// False: there was nothing to do.
bool StreamPort::look_around() noexcept {
  std::array<epoll_event, 3> space;
  const auto events = set_.ready(space);
  bool is_called = false;
  bool is_flagged = false;  // by ourselves, until this call has ended
  for (const epoll_event& event : events) {
    if (event.data.u64 != connection_tag) {
      is_called = is_called || event.data.u64 == inbox_tag;
      is_flagged = is_flagged || event.data.u64 == flag_tag;
      continue;
    }
    if ((event.events & EPOLLOUT) != 0) {
      outlet_.resume();
    }
    may_have_more_ = (event.events & (EPOLLIN | end_events)) != 0;
  }
  // First comes the end of the peer that is there: the newcomer may be the same one, started anew.
  if (is_called && has_ended(connection_)) {
    may_have_more_ = true;
  } else if (is_called) {
    welcome(slot_.take());
  }
  return events.size() > (is_flagged ? 1U : 0U);
}

void StreamPort::welcome(PeerSocket newcomer) noexcept {
  if (!newcomer.is_open() || connection_.is_open()) {
    return;
  }
  if (!outlet_.open(newcomer.get())) {
    slot_.tell_end();
    return;
  }
  connection_ = std::move(newcomer);
  deframer_.reset();
  has_peer_ = true;
  has_news_ = true;
}

void StreamPort::hang_up() noexcept {
  outlet_.close();
  set_.remove(connection_.get());
  connection_.reset();
  deframer_.reset();
  may_have_more_ = false;
  has_peer_ = false;
  has_news_ = true;
  slot_.tell_end();
}

LinkStatus StreamPort::link() const {
  LinkStatus status;
  status.is_present = true;
  status.is_up = true;
  status.has_carrier = has_peer_;
  status.missing_file = source_->missing_file();
  status.is_up = status.missing_file.empty() || has_peer_;  // else nobody finds us any more
  status.mtu = mtu_;
  return status;
}

}  // namespace tapswitch
