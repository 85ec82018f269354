// SPDX-License-Identifier: Apache-2.0
// session_output.cpp: the part of session.hpp that sends, and sees to it that the client takes what
// is sent.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "control/server/session.hpp"

namespace tapswitch::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How much of what was sent still waits in the kernel.
std::size_t unread_by_peer(int socket) {
  int size = 0;
  return ioctl(socket, SIOCOUTQ, &size) == 0 && size > 0 ? static_cast<std::size_t>(size) : 0;
}

}  // namespace

void Session::say(std::string_view line) {
  waiting_ += line;
  waiting_ += '\n';
  if (writing_.empty()) {
    write();
  }
  settle();
}

bool Session::offer(std::string_view line) {
  if (is_ending_) {
    return false;
  }
  // An event that alone is larger than the room would never find any: the sample of a switch of
  // thousands of ports. It goes when nothing else waits.
  if ((unsent() > 0 && unsent() + line.size() >= limits_.unsent_event_bytes_per_session) ||
      !commons_.unsent.has_room(payer_, unsent() > 0)) {
    has_refused_event_ = true;
    return false;
  }
  if (answering_) {
    held_ += line;
    held_ += '\n';
    settle();
  } else {
    say(line);
  }
  return true;
}

void Session::engage(std::unique_ptr<rpc::Outlet::Speaker> speaker) {
  speaker_ = std::move(speaker);
}

// Half of it, so that a slow client is not told of one loss after the other.
void Session::look_for_room() {
  if (has_refused_event_ && !is_ending_ && unsent() <= limits_.unsent_event_bytes_per_session / 2 &&
      commons_.unsent.has_room(payer_, true)) {
    has_refused_event_ = false;
    speaker_->on_room();
  }
}

// Brings what is unsent to account, and sees to it that it is taken.
void Session::settle() {
  if (has_ended_) {
    return;
  }
  const std::size_t before = std::exchange(counted_, unsent());
  if (commons_.unsent.change(payer_, before, counted_)) {
    commons_.on_room();
  }
  watch();
}

bool Session::waits_for_client() const {
  return unsent() > 0 || (has_long_line_ && !answering_ && !is_turn_asked_ && !is_paused_);
}

// Whether others wait for what it holds.
bool Session::is_in_the_way() const {
  return (unsent() > 0 && !commons_.unsent.has_room(payer_, true)) ||
         (has_long_line_ && !commons_.long_lines.has_room(payer_, false));
}

void Session::watch() {
  if (waits_for_client() && !std::exchange(is_watched_, true)) {
    heard_at_ = std::chrono::steady_clock::now();
    unread_ = 0;
    look_whether_it_listens();
  }
}

void Session::look_whether_it_listens() {
  is_watched_ = !has_ended_ && waits_for_client();
  if (!is_watched_) {
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const std::size_t unread = unread_by_peer(socket_.native_handle());
  if (unread < std::exchange(unread_, unread)) {
    heard_at_ = now;
  }
  const auto longest_silence =
      is_in_the_way() ? limits_.patience_in_need : limits_.patience_with_deaf_sessions;
  if (now - heard_at_ >= longest_silence) {
    end();
    return;
  }
  watch_.expires_after(std::min(limits_.patience_in_need, limits_.patience_with_deaf_sessions) / 2);
  watch_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) {
      self->survive([&] { self->look_whether_it_listens(); });
    }
  });
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
                               self->survive([&] { self->on_some_sent(size); });
                             }
                           });
}

void Session::on_some_sent(std::size_t size) {
  heard_at_ = std::chrono::steady_clock::now();
  written_ += size;
  if (written_ < writing_.size()) {
    write_some();
    return;
  }
  writing_ = {};  // a large reply shall not stay in memory
  settle();
  look_for_room();
  if (writing_.empty() && !waiting_.empty()) {
    write();
  }
  if (is_ending_) {
    if (unsent() == 0) {
      finish();
    }
  } else {
    resume();
  }
}

}  // namespace tapswitch::server
