// SPDX-License-Identifier: Apache-2.0
#include "control/server/session.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How many lines are answered before other sessions have their turn.
constexpr int lines_a_turn = 16;

// How long a session that ends waits for its client.
constexpr std::chrono::seconds patience{1};

std::string overlong_reply(const rpc::Limits& limits) {
  const rpc::Error error(
      rpc::ErrorKind::limit_reached,
      "the line is longer than " + std::to_string(limits.line_bytes) + " bytes; the session ends",
      {{"limit", limits.line_bytes}});
  return rpc::to_line(rpc::error_reply(nullptr, error));
}

}  // namespace

Session::Session(Socket socket, const rpc::Caller& caller, const Answer& answer,
                 const rpc::Limits& limits, Ended ended)
    : socket_(std::move(socket)),
      caller_(caller),
      answer_(answer),
      limits_(limits),
      ended_(std::move(ended)),
      lines_(limits.line_bytes),
      deadline_(socket_.get_executor()) {}

void Session::start() { read(); }

void Session::refuse(std::string_view line) {
  say(line);
  begin_to_end(true);
}

void Session::stop() { begin_to_end(false); }

void Session::read() {
  const auto space = lines_.space();
  socket_.async_read_some(asio::buffer(space.data(), space.size()),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (self->is_ending_) {
                              return;
                            }
                            if (error == asio::error::eof) {
                              self->is_half_closed_ = true;
                            } else if (error) {
                              self->end();
                              return;
                            }
                            self->lines_.commit(size);
                            self->answer_some();
                          });
}

void Session::answer_some() {
  if (is_ending_) {
    return;
  }
  for (int count = 0; count < lines_a_turn; ++count) {
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
    if (const auto reply = answer_(*line, caller_)) {
      say(*reply);
    }
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->answer_some(); });
}

void Session::say(std::string_view line) {
  waiting_ += line;
  waiting_ += '\n';
  if (writing_.empty()) {
    write();
  }
}

void Session::write() {
  writing_ = std::exchange(waiting_, {});
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->writing_ = {};  // a large reply shall not stay in memory
                      if (error) {
                        self->end();
                      } else if (!self->waiting_.empty()) {
                        self->write();
                      } else {
                        self->on_all_sent();
                      }
                    });
}

void Session::on_all_sent() {
  if (is_ending_) {
    finish();
  } else if (std::exchange(is_paused_, false)) {
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
  error_code ignored;
  socket_.close(ignored);
  ended_(shared_from_this());
}

}  // namespace tapswitch::server
