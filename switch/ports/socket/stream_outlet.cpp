// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/stream_outlet.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "switch/ports/socket/stream_deframer.hpp"

namespace tapswitch {

static_assert(StreamOutlet::outbox_size >=
              StreamDeframer::length_size + FrameBuffer::max_frame_size);

bool StreamOutlet::open(int socket) noexcept {
  const std::lock_guard lock(mutex_);
  assert(socket_ < 0 && outbox_.is_empty());
  if (!set_.add(socket, events_, tag_)) {
    return false;
  }
  socket_ = socket;
  return true;
}

void StreamOutlet::close() noexcept {
  const std::lock_guard lock(mutex_);
  socket_ = -1;
  is_stalled_ = false;
  outbox_.clear();
}

SendStatus StreamOutlet::send(FrameBuffer& frame) noexcept {
  const std::span<std::byte> length = frame.prefix(StreamDeframer::length_size);
  write_frame_length(length.first<StreamDeframer::length_size>(), frame.size());
  const std::size_t message_size = length.size() + frame.size();

  const std::lock_guard lock(mutex_);
  if (socket_ < 0) {
    return SendStatus::link_down;
  }
  if (!outbox_.has_room_for(message_size) && !is_stalled_) {
    write_out();
  }
  if (!outbox_.has_room_for(message_size)) {
    return SendStatus::busy;
  }
  outbox_.push({length.data(), length.size() + frame.head().size()});
  for (const FrameBuffer::Part part : frame.body()) {
    outbox_.push(part);
  }
  return SendStatus::sent;
}

void StreamOutlet::flush() noexcept {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0 && !outbox_.is_empty() && !is_stalled_) {
    write_out();
  }
}

void StreamOutlet::resume() noexcept {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0 && is_stalled_) {
    write_out();
  }
}

void StreamOutlet::write_out() noexcept {
  std::array<iovec, 2> vectors{};
  std::size_t count = 0;
  for (const std::span<const std::byte> part : outbox_.contents()) {
    // sendmsg() does not write there; C has no other type for it.
    vectors[count++] = {.iov_base = const_cast<std::byte*>(part.data()), .iov_len = part.size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  ssize_t size = 0;
  do {
    size = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM) {
    ::shutdown(std::exchange(socket_, -1), SHUT_RDWR);
    outbox_.clear();
    return;
  }
  if (size > 0) {
    outbox_.pop(static_cast<std::size_t>(size));
  }
  if (const bool is_stalled = !outbox_.is_empty(); is_stalled != is_stalled_) {
    is_stalled_ = is_stalled;
    set_.change(socket_, is_stalled ? events_ | EPOLLOUT : events_, tag_);
  }
}

}  // namespace tapswitch
