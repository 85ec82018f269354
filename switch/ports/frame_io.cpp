// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/frame_io.hpp"

#include <unistd.h>

#include <cerrno>

namespace tapswitch {
namespace {

ReceiveStatus receive_status(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return ReceiveStatus::empty;
    // Whatever else there is would come again at once and keep the worker spinning.
    default:
      return ReceiveStatus::gone;
  }
}

SendStatus send_status(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return SendStatus::busy;
    case EIO:
      return SendStatus::link_down;
    case EBADF:
    case EBADFD:
    case ENODEV:
    case ENXIO:
    case ENOTCONN:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return SendStatus::gone;
    default:
      return SendStatus::refused;
  }
}

}  // namespace

ReceiveStatus receive_frame(int fd, FrameBuffer& frame) noexcept {
  const std::span<std::byte> space = frame.space();
  ssize_t size = 0;
  do {
    size = ::read(fd, space.data(), space.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return receive_status(errno);
  }
  if (size == 0) {
    return ReceiveStatus::gone;
  }
  if (static_cast<std::size_t>(size) > FrameBuffer::max_frame_size) {
    return ReceiveStatus::oversize;
  }
  frame.assign(static_cast<std::size_t>(size));
  return ReceiveStatus::received;
}

SendStatus send_frame(int fd, const FrameBuffer& frame) noexcept {
  const std::span<const std::byte> bytes = frame.bytes();
  ssize_t size = 0;
  do {
    size = ::write(fd, bytes.data(), bytes.size());
  } while (size < 0 && errno == EINTR);
  return size < 0 ? send_status(errno) : SendStatus::sent;
}

}  // namespace tapswitch
