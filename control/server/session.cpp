// SPDX-License-Identifier: Apache-2.0
#include "control/server/session.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How many lines are answered before other sessions have their turn, or how long that may take: the
// last line of a turn is as slow as it is.
constexpr int lines_a_turn = 16;
constexpr std::chrono::milliseconds longest_turn{1};

// How long a session that ends waits for its client.
constexpr std::chrono::seconds patience{1};

std::string overlong_reply(const rpc::Limits& limits) {
  const rpc::Error error(
      rpc::ErrorKind::limit_reached,
      "the line is longer than " + std::to_string(limits.line_bytes) + " bytes; the session ends",
      {{"limit", limits.line_bytes}});
  return rpc::to_line(rpc::error_reply(nullptr, error));
}

rpc::Caller with_outlet(rpc::Caller caller, rpc::Outlet& outlet) {
  caller.outlet = &outlet;
  return caller;
}

}  // namespace

Session::Session(Socket socket, const rpc::Caller& caller, const Answer& answer,
                 const rpc::Limits& limits, Ended ended)
    : socket_(std::move(socket)),
      caller_(with_outlet(caller, *this)),
      answer_(answer),
      limits_(limits),
      ended_(std::move(ended)),
      lines_(limits.line_bytes),
      descriptors_(caller.is_read_only ? 0 : limits.descriptors_per_line),
      deadline_(socket_.get_executor()),
      deafness_(socket_.get_executor()) {}

void Session::start() { read(); }

void Session::refuse(std::string_view line) {
  say(line);
  begin_to_end(true);
}

void Session::stop() {
  // Whoever has asked for the end may have asked for more in the same breath.
  for (int count = 0; count < lines_a_turn && !is_ending_ && !is_paused_; ++count) {
    const auto line = lines_.next();
    if (!line) {
      break;
    }
    answer(*line);
  }
  begin_to_end(false);
}

void Session::read() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (self->is_ending_) {
      return;
    }
    if (error) {
      self->end();
    } else {
      self->on_readable();
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
  is_half_closed_ = size == 0;
  lines_.commit(static_cast<std::size_t>(size));
  answer_some();
}

void Session::answer_some() {
  if (is_ending_) {
    return;
  }
  const auto turn_end = std::chrono::steady_clock::now() + longest_turn;
  for (int count = 0;
       count == 0 || (count < lines_a_turn && std::chrono::steady_clock::now() < turn_end);
       ++count) {
    if (unsent() >= limits_.unsent_bytes_per_session) {
      is_paused_ = true;
      return;
    }
    const auto line = lines_.next();
    if (!line) {
      if (lines_.is_overlong()) {
        refuse(overlong_reply(limits_));
      } else if (!is_half_closed_) {
        read();
      } else if (unsent() == 0) {
        end();
      } else {
        is_ending_ = true;  // without a deadline: it may read as slowly as any other
      }
      return;
    }
    answer(*line);
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->answer_some(); });
}

void Session::answer(std::string_view line) {
  const std::uint64_t given = lines_.given();
  rpc::Caller caller = caller_;
  caller.descriptors = descriptors_.of_line(given);
  is_answering_ = true;
  const auto reply = answer_(line, caller);
  is_answering_ = false;
  descriptors_.forget_line(given);
  if (reply) {
    say(*reply);
  }
  if (!held_.empty()) {
    waiting_ += std::exchange(held_, {});
    if (writing_.empty()) {
      write();
    }
  }
}

void Session::say(std::string_view line) {
  waiting_ += line;
  waiting_ += '\n';
  if (writing_.empty()) {
    write();
  }
}

bool Session::offer(std::string_view line) {
  if (is_ending_) {
    return false;
  }
  // What alone is larger than the room would never find any: the sample of a switch of thousands of
  // ports. It goes when nothing else waits.
  if (unsent() > 0 && unsent() + line.size() >= limits_.unsent_event_bytes_per_session) {
    on_event_refused();
    return false;
  }
  if (is_answering_) {
    held_ += line;
    held_ += '\n';
  } else {
    say(line);
  }
  return true;
}

void Session::engage(std::unique_ptr<rpc::Outlet::Speaker> speaker) {
  speaker_ = std::move(speaker);
}

void Session::on_event_refused() {
  has_refused_event_ = true;
  if (std::exchange(is_deaf_, true)) {
    return;
  }
  deafness_.expires_after(limits_.patience_with_deaf_sessions);
  deafness_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->is_deaf_) {
      self->end();
    }
  });
}

// Half of it, so that a slow client is not told of one loss after the other.
void Session::look_for_room() {
  if (has_refused_event_ && !is_ending_ && unsent() <= limits_.unsent_event_bytes_per_session / 2) {
    has_refused_event_ = false;
    speaker_->on_room();
  }
}

void Session::write() {
  writing_ = std::exchange(waiting_, {});
  written_ = 0;
  write_some();
}

void Session::write_some() {
  socket_.async_write_some(asio::buffer(writing_) + written_,
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) {
                               self->end();
                             } else {
                               self->on_some_sent(size);
                             }
                           });
}

void Session::on_some_sent(std::size_t size) {
  if (std::exchange(is_deaf_, false)) {
    deafness_.cancel();
  }
  written_ += size;
  if (written_ < writing_.size()) {
    write_some();
    return;
  }
  writing_ = {};  // a large reply shall not stay in memory
  look_for_room();
  if (writing_.empty() && !waiting_.empty()) {
    write();
  }
  if (is_ending_) {
    if (unsent() == 0) {
      finish();
    }
  } else if (is_paused_ && unsent() < limits_.unsent_bytes_per_session) {
    is_paused_ = false;
    answer_some();
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
  swallowed_.resize(LineSplitter::read_size);
  socket_.async_read_some(asio::buffer(swallowed_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                            if (error) {
                              self->end();
                            } else {
                              self->swallow();
                            }
                          });
}

void Session::end() {
  if (std::exchange(has_ended_, true)) {
    return;
  }
  is_ending_ = true;
  deadline_.cancel();
  deafness_.cancel();
  speaker_.reset();
  descriptors_.forget_all();
  error_code ignored;
  socket_.close(ignored);
  ended_(shared_from_this());
}

}  // namespace tapswitch::server
