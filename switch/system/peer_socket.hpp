// SPDX-License-Identifier: Apache-2.0
// peer_socket.hpp: the owner of a socket whose other end is a stranger's, who may put more into a
// Unix socket than bytes: descriptors (SCM_RIGHTS), which whoever reads or closes it has to close.
//
// Theory of operation: since Linux 6.16 a socket can refuse them (SO_PASSRIGHTS), and those that
// come in by it refuse them likewise: then the sender gets an error. On an older kernel, or where
// the refusal came later than the first message, receive() takes them out and leaves their end to
// others (slow_close.hpp), and so does the end of the socket, in which more may lie.
// Threads: as its owner says.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <utility>

#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Has a Unix socket refuse descriptors, if the kernel can. Others do nothing of that kind.
void refuse_descriptors(int socket) noexcept;

// Whether descriptors can come in by it.
[[nodiscard]] bool may_bring_descriptors(int socket) noexcept;

// Has urgent bytes (MSG_OOB) come like all others: the kernel drops those that are passed over,
// with what came with them.
void receive_urgent_in_line(int socket) noexcept;

// Whether the process that connected to, or made, the other end of a Unix socket was in 'group'
// then.
[[nodiscard]] bool is_peer_in_group(int socket, gid_t group);

// Ends both directions. Whether nothing can be in the queue now, nor come: then to close it waits
// for nobody.
[[nodiscard]] bool shut_down_empty(int socket) noexcept;

// As recv(2), without waiting; what came besides bytes is closed slowly. Fails with EBUSY while too
// much is still to be closed.
[[nodiscard]] ssize_t receive_bytes(int socket, std::span<std::byte> space) noexcept;

class PeerSocket {
 public:
  PeerSocket() = default;
  // Takes no descriptors from now on.
  explicit PeerSocket(UniqueFd fd) noexcept;
  PeerSocket(const PeerSocket&) = delete;
  PeerSocket& operator=(const PeerSocket&) = delete;
  PeerSocket(PeerSocket&& other) noexcept = default;
  PeerSocket& operator=(PeerSocket&& other) noexcept {
    reset();
    fd_ = std::move(other.fd_);
    may_bring_descriptors_ = other.may_bring_descriptors_;
    return *this;
  }
  ~PeerSocket() { reset(); }

  // As socket(2), never to be inherited by a program that is executed. Sets errno.
  [[nodiscard]] static PeerSocket open(int family, int type) noexcept;

  [[nodiscard]] int get() const noexcept { return fd_.get(); }
  [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }

  // Whether nothing more is to be asked of it for now, as too much is still to be closed.
  [[nodiscard]] bool is_held_up() const noexcept;

  // Has it take descriptors again, for whoever receives them himself (CameDescriptors).
  void take_descriptors() noexcept;

  // As receive_bytes().
  [[nodiscard]] ssize_t receive(std::span<std::byte> space) const noexcept;

  // Ends it without waiting. It may stay open for a while: whoever has it in an epoll set takes it
  // out of that before. Leaves errno alone.
  void reset() noexcept;

 private:
  UniqueFd fd_;
  bool may_bring_descriptors_ = false;
};

}  // namespace tapswitch
