// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/frame_io.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "switch/frame/long_header.hpp"

namespace tapswitch {
namespace {

ReceiveStatus receive_status(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return ReceiveStatus::empty;
    // A TAP has taken off a frame of which its header cannot tell: one that waited while offloads
    // were turned off, or whose TAP somebody has given a shorter header.
    case EINVAL:
    case EFAULT:
      return ReceiveStatus::garbled;
    // Whatever else there is would come again at once and keep the worker spinning.
    default:
      return ReceiveStatus::gone;
  }
}

SendStatus status_of(int error) noexcept {
  switch (error) {
    case 0:
      return SendStatus::sent;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return SendStatus::busy;
    case EIO:  // of a TAP
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

// Whether this kernel can be told by each call not to wait for a shared file.
std::atomic<bool> knows_no_wait = true;

// Asks by 'vectored', which is preadv2 or pwritev2, not to wait. Where the kernel cannot be told
// so, 'plain', which is readv or writev, is asked from then on.
ssize_t move_without_waiting(long vectored, long plain, int fd, const iovec* vectors,
                             std::size_t count) noexcept {
  if (knows_no_wait.load(std::memory_order_relaxed)) {
    constexpr long no_position = -1;
    const ssize_t size =
        ::syscall(vectored, fd, vectors, count, no_position, no_position, RWF_NOWAIT);
    if (size >= 0 || errno != EOPNOTSUPP) {
      return size;
    }
    knows_no_wait.store(false, std::memory_order_relaxed);
  }
  return ::syscall(plain, fd, vectors, count);
}

[[gnu::noinline]] ssize_t read_shared(int fd, std::span<std::byte> space) noexcept {
  const iovec all{.iov_base = space.data(), .iov_len = space.size()};
  return move_without_waiting(SYS_preadv2, SYS_readv, fd, &all, 1);
}

// Reads one message. A size of 0 says that 'status' tells why there is none.
struct Message {
  std::size_t size = 0;
  ReceiveStatus status = ReceiveStatus::received;
};

Message read_message(int fd, std::span<std::byte> space, FileOwner owner) noexcept {
  ssize_t size = 0;
  do {
    size = owner == FileOwner::ours ? read_uncancelled(fd, space) : read_shared(fd, space);
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

// The pieces of a lent frame, for one call that takes them all.
struct Pieces {
  // 'front' is its head, and the framing of the port before that.
  Pieces(std::span<const std::byte> front, const FrameBuffer& frame) noexcept {
    push(front);
    for (const FrameBuffer::Part part : frame.body()) {
      push(part);
    }
  }

  // Nothing is written there, nor to an address; C has no other types for them.
  void push(std::span<const std::byte> piece) noexcept {
    vectors[count++] = {.iov_base = const_cast<std::byte*>(piece.data()), .iov_len = piece.size()};
  }

  std::array<iovec, 1 + FrameBuffer::most_parts> vectors;  // the first 'count'
  std::size_t count = 0;
};

[[gnu::noinline]] ssize_t write_pieces(int fd, std::span<const std::byte> front,
                                       const FrameBuffer& frame, FileOwner owner) noexcept {
  const Pieces pieces(front, frame);
  return owner == FileOwner::ours ? ::syscall(SYS_writev, fd, pieces.vectors.data(), pieces.count)
                                  : move_without_waiting(SYS_pwritev2, SYS_writev, fd,
                                                         pieces.vectors.data(), pieces.count);
}

[[gnu::noinline]] ssize_t send_pieces(int socket, const FrameBuffer& frame, const sockaddr* to,
                                      socklen_t to_size, int flags) noexcept {
  Pieces pieces(frame.head(), frame);
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to);
  message.msg_namelen = to_size;
  message.msg_iov = pieces.vectors.data();
  message.msg_iovlen = pieces.count;
  return ::sendmsg(socket, &message, flags);
}

// Writes 'front', which is the head of 'frame' and what the port has put before it, and the body.
// Returns 0, or the error.
int write_message(int fd, std::span<const std::byte> front, const FrameBuffer& frame,
                  FileOwner owner) noexcept {
  const bool is_plain = owner == FileOwner::ours && !frame.is_lent();
  ssize_t size = 0;
  do {
    size = is_plain ? write_uncancelled(fd, front) : write_pieces(fd, front, frame, owner);
  } while (size < 0 && errno == EINTR);
  return size < 0 ? errno : 0;
}

// 'read' makes an offload of a header of that size, if it can.
template <std::size_t header_size, typename Read>
ReceiveStatus receive_behind(int fd, FrameBuffer& frame, FileOwner owner, const Read& read) {
  const std::span<std::byte> space = frame.space(header_size);
  const Message message = read_message(fd, space, owner);
  if (message.size == 0) {
    return message.status;
  }
  const std::optional<Offload> offload =
      read(std::span<const std::byte>(space).first<header_size>());
  if (!offload || message.size < header_size) {
    return ReceiveStatus::garbled;
  }
  frame.assign(message.size - header_size, *offload);
  return ReceiveStatus::received;
}

}  // namespace

ReceiveStatus receive_frame(int fd, FrameBuffer& frame, FileOwner owner) noexcept {
  const Message message = read_message(fd, frame.space(), owner);
  if (message.size > 0) {
    frame.assign(message.size);
  }
  return message.status;
}

SendStatus send_frame(int fd, const FrameBuffer& frame, FileOwner owner) noexcept {
  return status_of(write_message(fd, frame.head(), frame, owner));
}

ReceiveStatus receive_offloaded_frame(int fd, FrameBuffer& frame, FileOwner owner) noexcept {
  return receive_behind<offload_header_size>(fd, frame, owner,
                                             [](auto header) { return read_offload(header); });
}

ReceiveStatus receive_behind_long_header(int fd, FrameBuffer& frame, FileOwner owner) noexcept {
  return receive_behind<long_header_size>(fd, frame, owner, read_long_header);
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

int send_datagram(int socket, const FrameBuffer& frame, const sockaddr* to,
                  socklen_t to_size) noexcept {
  constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const std::span<const std::byte> head = frame.head();
  ssize_t size = 0;
  do {
    size = frame.is_lent() ? send_pieces(socket, frame, to, to_size, flags)
                           : ::sendto(socket, head.data(), head.size(), flags, to, to_size);
  } while (size < 0 && errno == EINTR);
  return size < 0 ? errno : 0;
}

SendStatus send_offloaded_frame(int fd, FrameBuffer& frame, FileOwner owner) noexcept {
  return status_of(write_offloaded_frame(fd, frame, std::endian::little, owner));
}

SendStatus send_behind_long_header(int fd, FrameBuffer& frame, FileOwner owner) noexcept {
  const std::span<std::byte> header = frame.prefix(long_header_size);
  write_long_header(frame, header.first<long_header_size>());
  return status_of(
      write_message(fd, {header.data(), header.size() + frame.head().size()}, frame, owner));
}

int write_offloaded_frame(int fd, FrameBuffer& frame, std::endian order, FileOwner owner) noexcept {
  const std::span<std::byte> header = frame.prefix(offload_header_size);
  write_offload(frame.offload(), header.first<offload_header_size>(), order);
  return write_message(fd, {header.data(), header.size() + frame.head().size()}, frame, owner);
}

// Nothing but its peer can be gone: the socket is ours.
SendStatus datagram_status(int error, SendStatus without_peer) noexcept {
  const SendStatus status = status_of(error);
  return status == SendStatus::gone ? without_peer : status;
}

}  // namespace tapswitch
