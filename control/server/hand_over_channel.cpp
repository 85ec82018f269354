// SPDX-License-Identifier: Apache-2.0
#include "control/server/hand_over_channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/system/descriptor_message.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch::server {
namespace {

constexpr const char* too_late = "the other side does not do its part in time";

}  // namespace

HandOverChannel::HandOverChannel(UniqueFd socket, std::chrono::milliseconds patience,
                                 std::chrono::milliseconds silence)
    : socket_(std::move(socket)),
      deadline_(std::chrono::steady_clock::now() + patience),
      silence_(silence) {}

// With what lies in it unread.
HandOverChannel::~HandOverChannel() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  close_slowly(std::move(socket_));
}

void HandOverChannel::wait(short events) const {
  pollfd waiting{.fd = socket_.get(), .events = events, .revents = 0};
  const auto begin = std::chrono::steady_clock::now();
  const auto last = begin + std::min<std::chrono::nanoseconds>(deadline_ - begin, silence_);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        last - std::chrono::steady_clock::now());
    const int ready = poll(&waiting, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready > 0) {
      return;
    }
    if (ready == 0) {
      throw Broken(too_late);
    }
    if (errno != EINTR) {
      throw Broken(std::strerror(errno));
    }
  }
}

void HandOverChannel::send(std::string_view line, std::span<const int> descriptors) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t size = send_with_descriptors(socket_.get(), rest, descriptors, MSG_DONTWAIT);
    if (size >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(size));
      descriptors = {};
    } else if (errno == EAGAIN) {
      wait(POLLOUT);
    } else if (errno != EINTR) {
      throw Broken(std::strerror(errno));
    }
  }
}

HandOverChannel::Message HandOverChannel::receive() {
  // One that talks on and on is never waited for.
  if (std::chrono::steady_clock::now() > deadline_) {
    throw Broken(too_late);
  }
  while (true) {
    if (const auto line = lines_.next()) {
      Message message{.line = std::string(*line), .descriptors = {}};
      if (rpc::Descriptors* passed = passed_.of_line(lines_.given())) {
        for (std::size_t i = 0; i < passed->count(); ++i) {
          message.descriptors.push_back(passed->take(i));
        }
        passed_.forget_line(lines_.given());
      }
      return message;
    }
    if (lines_.is_overlong()) {
      throw Broken("the other side says too much at once");
    }
    const auto space = lines_.space();
    const ssize_t size = passed_.receive(socket_.get(), space, lines_.arrived());
    if (size > 0) {
      lines_.commit(static_cast<std::size_t>(size));
    } else if (size == 0) {
      throw Broken("the other side is gone");
    } else if (errno == EAGAIN) {
      wait(POLLIN);
    } else if (errno != EINTR) {
      throw Broken(std::strerror(errno));
    }
  }
}

}  // namespace tapswitch::server
