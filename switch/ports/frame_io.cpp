// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/frame_io.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
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
    case EIO:       // of a TAP
    case ENETDOWN:  // of a packet socket
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

// read() and write() of the C library are points at which a thread may be cancelled: in a process
// with threads they set and clear a flag for that, by two atomic operations a call. The system
// calls do not; that is a fortieth of what a small frame costs.
ssize_t read_uncancelled(int fd, std::span<std::byte> space) noexcept {
  return ::syscall(SYS_read, fd, space.data(), space.size());
}

ssize_t write_uncancelled(int fd, std::span<const std::byte> bytes) noexcept {
  return ::syscall(SYS_write, fd, bytes.data(), bytes.size());
}

// Reads one message. A size of 0 says that 'status' tells why there is none.
struct Message {
  std::size_t size = 0;
  ReceiveStatus status = ReceiveStatus::received;
};

Message read_message(int fd, std::span<std::byte> space) noexcept {
  ssize_t size = 0;
  do {
    size = read_uncancelled(fd, space);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return {.status = receive_status(errno)};
  }
  if (size == 0) {
    return {.status = ReceiveStatus::gone};
  }
  if (static_cast<std::size_t>(size) == space.size()) {
    return {.status = ReceiveStatus::oversize};
  }
  return {.size = static_cast<std::size_t>(size)};
}

SendStatus write_message(int fd, std::span<const std::byte> bytes) noexcept {
  ssize_t size = 0;
  do {
    size = write_uncancelled(fd, bytes);
  } while (size < 0 && errno == EINTR);
  return size < 0 ? send_status(errno) : SendStatus::sent;
}

}  // namespace

ReceiveStatus receive_frame(int fd, FrameBuffer& frame) noexcept {
  const Message message = read_message(fd, frame.space());
  if (message.size > 0) {
    frame.assign(message.size);
  }
  return message.status;
}

SendStatus send_frame(int fd, const FrameBuffer& frame) noexcept {
  return write_message(fd, frame.bytes());
}

ReceiveStatus receive_offloaded_frame(int fd, FrameBuffer& frame) noexcept {
  const std::span<std::byte> space = frame.space(offload_header_size);
  const Message message = read_message(fd, space);
  if (message.size == 0) {
    return message.status;
  }
  const auto offload = read_offload(space.first<offload_header_size>());
  if (!offload || message.size < offload_header_size) {
    return ReceiveStatus::garbled;
  }
  frame.assign(message.size - offload_header_size, *offload);
  return ReceiveStatus::received;
}

ReceiveStatus receive_datagram(const PeerSocket& socket, FrameBuffer& frame) noexcept {
  const std::span<std::byte> space = frame.space();
  ssize_t size = 0;
  do {
    size = socket.receive(space);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return errno == EBUSY ? ReceiveStatus::gone : ReceiveStatus::empty;
  }
  if (static_cast<std::size_t>(size) == space.size()) {
    return ReceiveStatus::oversize;
  }
  frame.assign(static_cast<std::size_t>(size));  // 0 too: a runt
  return ReceiveStatus::received;
}

SendStatus send_offloaded_frame(int fd, FrameBuffer& frame, std::endian order) noexcept {
  const std::span<std::byte> header = frame.prefix(offload_header_size);
  write_offload(frame.offload(), header.first<offload_header_size>(), order);
  return write_message(fd, {header.data(), header.size() + frame.bytes().size()});
}

}  // namespace tapswitch
