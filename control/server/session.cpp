// SPDX-License-Identifier: Apache-2.0
#include "control/server/session.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/server/close_socket.hpp"
#include "switch/system/peer_socket.hpp"

namespace tapswitch::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

using Clock = std::chrono::steady_clock;
using Phase = rpc::Answering::Phase;

// How long a turn lasts; its last bit is as slow as it is.
constexpr std::chrono::milliseconds longest_turn{1};

// How long a session that ends waits for its client.
constexpr std::chrono::seconds patience{1};

std::size_t longest_line(const rpc::Limits& limits, const rpc::Caller& caller) {
  return caller.is_read_only ? std::min(limits.line_bytes, limits.read_only_line_bytes)
                             : limits.line_bytes;
}

std::string overlong_reply(std::size_t longest) {
  const rpc::Error error(
      rpc::ErrorKind::limit_reached,
      "the line is longer than " + std::to_string(longest) + " bytes; the session ends",
      {{"limit", longest}});
  return rpc::to_line(rpc::error_reply(nullptr, error));
}

rpc::Caller with_outlet(rpc::Caller caller, rpc::Outlet& outlet) {
  caller.outlet = &outlet;
  return caller;
}

}  // namespace

Payer payer_of(const rpc::Caller& caller) {
  return {.entrance = caller.is_read_only ? EntranceKind::read_only : EntranceKind::control,
          .uid = caller.uid};
}

Session::Session(Socket socket, const rpc::Caller& caller, Commons& commons, Ended ended)
    : socket_(std::move(socket)),
      caller_(with_outlet(caller, *this)),
      commons_(commons),
      limits_(commons.limits),
      payer_(payer_of(caller)),
      ended_(std::move(ended)),
      lines_(longest_line(limits_, caller)),
      descriptors_(caller.is_read_only && !caller.may_capture ? 0 : limits_.descriptors_per_line),
      deadline_(socket_.get_executor()),
      watch_(socket_.get_executor()) {}

void Session::start() {
  survive([this] { read(); });
}

void Session::refuse(std::string_view line) {
  survive([&] {
    say(line);
    begin_to_end(true);
  });
}

void Session::dismiss(std::string_view line) {
  if (answering_ || unsent() > 0) {
    end();
    return;
  }
  survive([&] {
    say(line);
    begin_to_end(false);
  });
}

void Session::stop(TimePoint until) {
  survive([&] { answer_last(until); });
}

void Session::answer_last(TimePoint until) {
  // Whoever has asked for the end may have asked for more in the same breath.
  while (!is_ending_ && has_room() && (answering_ || begin_line()) &&
         answering_->phase() != Phase::waiting && Clock::now() < until) {
    go_on();
  }
  begin_to_end(false);
}

void Session::on_room() {
  survive([this] {
    resume();
    look_for_room();
  });
}

Seat Session::seat() const {
  return {.uid = payer_.uid,
          .is_busy = is_turn_asked_ || (answering_ && answering_->phase() != Phase::between),
          .is_subscribed = speaker_ != nullptr,
          .active = heard_at_};
}

void Session::read() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (self->is_ending_) {
      return;
    }
    if (error) {
      self->end();
    } else {
      self->survive([&] { self->on_readable(); });
    }
  });
}

void Session::on_readable() {
  const ssize_t size =
      descriptors_.receive(socket_.native_handle(), lines_.space(), lines_.arrived());
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      read();
    } else {
      end();
    }
    return;
  }
  heard_at_ = Clock::now();
  lines_.commit(static_cast<std::size_t>(size));
  if (size == 0) {
    is_half_closed_ = true;
    lines_.finish();
  }
  ask_for_turn();
}

void Session::ask_for_turn() {
  if (std::exchange(is_turn_asked_, true)) {
    return;
  }
  commons_.rota.ask(payer_, [self = shared_from_this()] {
    self->is_turn_asked_ = false;
    self->survive([&] { self->take_turn(); });
  });
}

void Session::take_turn() {
  if (has_ended_) {
    bring_to_its_end();
    return;
  }
  const auto turn_end = Clock::now() + longest_turn;
  do {
    const Phase phase = answering_ ? answering_->phase() : Phase::between;
    if (phase == Phase::between) {
      if (is_ending_) {
        return;
      }
      if (!has_room()) {
        is_paused_ = true;
        return;
      }
      if (!answering_ && !begin_line()) {
        return;
      }
    } else if (phase == Phase::waiting || (phase == Phase::asking && !may_write())) {
      is_paused_ = true;
      return;
    }
    go_on();
  } while (Clock::now() < turn_end);
  ask_for_turn();
}

// The client is gone, and nobody hears what is said.
void Session::bring_to_its_end() {
  const auto turn_end = Clock::now() + longest_turn;
  while (answering_ && answering_->phase() == Phase::changing) {
    if (Clock::now() >= turn_end) {
      ask_for_turn();
      return;
    }
    (void)next_piece();
  }
  answering_.reset();
}

// Returns whether there is a line to answer; if not, reads on or ends.
bool Session::begin_line() {
  const auto line = lines_.next();
  if (line) {
    given_ = lines_.given();
    has_said_ = false;
    answering_ = commons_.answer(*line);
    return true;
  }
  if (lines_.is_overlong()) {
    refuse(overlong_reply(longest_line(limits_, caller_)));
  } else if (!is_half_closed_) {
    read_on();
  } else if (unsent() == 0) {
    end();
  } else {
    is_ending_ = true;  // without a deadline: it may read as slowly as any other
  }
  return false;
}

std::string Session::next_piece() {
  rpc::Caller caller = caller_;
  caller.descriptors = descriptors_.of_line(given_);
  return answering_->go_on(caller);
}

void Session::go_on() {
  const std::string piece = next_piece();
  if (answering_->phase() != Phase::asking) {
    lay_pen_down();
  }
  has_said_ = has_said_ || !piece.empty();
  waiting_ += piece;
  if (answering_->is_over()) {
    answering_.reset();
    descriptors_.forget_line(given_);
    if (has_said_) {
      waiting_ += '\n';
    }
    waiting_ += std::exchange(held_, {});
  }
  if (writing_.empty() && !waiting_.empty()) {
    write();
  }
  settle();
}

// Only some long lines may come at a time: the next waits in the kernel.
void Session::read_on() {
  const bool is_long = lines_.unfinished() > LineSplitter::read_size;
  if (is_long && !has_long_line_ && !commons_.long_lines.has_room(payer_, false)) {
    is_paused_ = true;
    return;
  }
  if (is_long != std::exchange(has_long_line_, is_long) &&
      commons_.long_lines.change(payer_, is_long ? 0 : 1, is_long ? 1 : 0)) {
    commons_.on_room();
  }
  read();
  watch();
}

// A reply is begun only when there is room; whoever has begun goes on.
bool Session::may_write() {
  return commons_.pens.has(this, payer_) || (has_room() && commons_.pens.take(this, payer_));
}

void Session::lay_pen_down() {
  if (commons_.pens.lay_down(this, payer_)) {
    commons_.on_room();
  }
}

bool Session::has_room() const {
  return unsent() < limits_.unsent_bytes_per_session &&
         commons_.unsent.has_room(payer_, unsent() > 0);
}

void Session::resume() {
  const bool is_begun = answering_ && answering_->phase() != Phase::between;
  if (is_paused_ && (is_begun || unsent() < limits_.unsent_bytes_per_session)) {
    is_paused_ = false;
    ask_for_turn();
  }
}

void Session::begin_to_end(bool must_swallow) {
  if (has_ended_ || must_swallow_) {
    return;  // it is under way
  }
  is_ending_ = true;
  must_swallow_ = must_swallow;
  deadline_.expires_after(patience);
  deadline_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) {
      self->end();
    }
  });
  if (unsent() == 0) {
    finish();
  }
}

// All is sent. The client sees the end behind the last reply.
void Session::finish() {
  if (!must_swallow_) {
    end();
    return;
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  swallow();
}

void Session::swallow() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (error) {
      self->end();
      return;
    }
    self->survive([&] { self->swallow_some(); });
  });
}

void Session::swallow_some() {
  swallowed_.resize(LineSplitter::read_size);
  const ssize_t size =
      receive_bytes(socket_.native_handle(), std::as_writable_bytes(std::span(swallowed_)));
  if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) {
    swallow();
  } else {
    end();
  }
}

void Session::end() {
  if (std::exchange(has_ended_, true)) {
    return;
  }
  is_ending_ = true;
  lay_pen_down();
  deadline_.cancel();
  watch_.cancel();
  speaker_.reset();
  const bool is_unsent_room = commons_.unsent.change(payer_, std::exchange(counted_, 0), 0);
  const bool is_line_room = commons_.long_lines.change(payer_, has_long_line_ ? 1 : 0, 0);
  if (is_unsent_room || is_line_room) {
    commons_.on_room();
  }
  descriptors_.forget_all();
  close_socket(socket_);
  const auto self = shared_from_this();
  ended_(self);
  if (answering_ && answering_->phase() == Phase::changing) {
    ask_for_turn();
  } else {
    answering_.reset();
  }
}

}  // namespace tapswitch::server
