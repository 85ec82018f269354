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

void Session::refuse(std::string line) {
  say(line);
  stop();
}

void Session::stop() {
  end_when_sent();
  linger();
}

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
        say(overlong_reply(limits_));
        stop();
      } else if (is_half_closed_) {
        end_when_sent();
      } else {
        read();
      }
      return;
    }
    if (const auto reply = answer_(*line, caller_)) {
      say(*reply);
    }
    if (is_ending_) {
      return;
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
                      self->writing_.clear();
                      if (error) {
                        self->end();
                      } else if (!self->waiting_.empty()) {
                        self->write();
                      } else if (self->is_ending_) {
                        self->linger();
                      }
                      if (std::exchange(self->is_paused_, false)) {
                        self->answer_some();
                      }
                    });
}

void Session::end_when_sent() {
  is_ending_ = true;
  if (unsent() == 0) {
    linger();
  }
}

// Half-closes, so that the client sees the end behind the last reply, and waits for its end.
void Session::linger() {
  if (has_ended_) {
    return;
  }
  if (!is_lingering_) {
    is_lingering_ = true;
    deadline_.expires_after(patience);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) {
        self->end();
      }
    });
  }
  if (unsent() != 0) {
    return;  // write() comes back here
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (is_half_closed_) {
    end();
  } else {
    socket_.cancel(ignored);
    swallow();
  }
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
