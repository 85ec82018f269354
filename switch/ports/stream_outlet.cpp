// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/stream_outlet.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cassert>
#include <cerrno>

#include "switch/ports/stream_deframer.hpp"

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
  outbox_.clear();
}

SendStatus StreamOutlet::send(FrameBuffer& frame) noexcept {
  const std::size_t frame_size = frame.bytes().size();
  const std::span<std::byte> length = frame.prefix(StreamDeframer::length_size);
  write_frame_length(length.first<StreamDeframer::length_size>(), frame_size);
  const std::span<const std::byte> message(length.data(), length.size() + frame_size);

  const std::lock_guard lock(mutex_);
  if (socket_ < 0) {
    return SendStatus::link_down;
  }
  if (!outbox_.is_empty()) {
    if (!outbox_.has_room_for(message.size())) {
      return SendStatus::busy;
    }
    outbox_.push(message);
    return SendStatus::sent;
  }
  const auto [written, status] = write(std::array{message});
  if (status != SendStatus::sent) {
    return status;
  }
  if (written < message.size()) {
    outbox_.push(message.subspan(written));
    set_.change(socket_, events_ | EPOLLOUT, tag_);
  }
  return SendStatus::sent;
}

void StreamOutlet::flush() noexcept {
  const std::lock_guard lock(mutex_);
  if (socket_ < 0 || outbox_.is_empty()) {
    return;
  }
  outbox_.pop(write(outbox_.contents()).size);
  if (outbox_.is_empty()) {
    set_.change(socket_, events_, tag_);
  }
}

StreamOutlet::Written StreamOutlet::write(
    std::span<const std::span<const std::byte>> parts) noexcept {
  std::array<iovec, 2> vectors{};
  assert(parts.size() <= vectors.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // sendmsg() does not write there; C has no other type for it.
    vectors[i] = {.iov_base = const_cast<std::byte*>(parts[i].data()), .iov_len = parts[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = parts.size();
  ssize_t size = 0;
  do {
    size = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  if (size >= 0) {
    return {.size = static_cast<std::size_t>(size)};
  }
  switch (errno) {
    case EAGAIN:
      return {};
    case ENOBUFS:
    case ENOMEM:
      return {.status = SendStatus::busy};
    default:
      ::shutdown(socket_, SHUT_RDWR);
      return {.status = SendStatus::link_down};
  }
}

}  // namespace tapswitch
