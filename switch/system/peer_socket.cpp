// SPDX-License-Identifier: Apache-2.0
#include "switch/system/peer_socket.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "switch/system/descriptor_message.hpp"
#include "switch/system/slow_close.hpp"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83  // Linux 6.16; not in Debian 12's <asm-generic/socket.h>
#endif

namespace tapswitch {

namespace {

// Leaves errno as it is: a kernel without the option is no fault.
void try_option(int socket, int name, int value) noexcept {
  const int saved = errno;
  ::setsockopt(socket, SOL_SOCKET, name, &value, sizeof value);
  errno = saved;
}

}  // namespace

void refuse_descriptors(int socket) noexcept { try_option(socket, SO_PASSRIGHTS, 0); }

bool may_bring_descriptors(int socket) noexcept {
  const auto option = [socket](int name, int otherwise) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : otherwise;
  };
  const int saved = errno;
  const bool may = option(SO_DOMAIN, AF_UNIX) == AF_UNIX && option(SO_PASSRIGHTS, 1) != 0;
  errno = saved;
  return may;
}

void receive_urgent_in_line(int socket) noexcept { try_option(socket, SO_OOBINLINE, 1); }

bool is_peer_in_group(int socket, gid_t group) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.gid == group) {
    return true;
  }
  // The kernel says how large the list is if it has no room.
  std::vector<gid_t> groups(32);
  size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  while (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
    if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) {
      return false;
    }
    groups.resize(size / sizeof(gid_t));
  }
  groups.resize(size / sizeof(gid_t));
  return std::ranges::find(groups, group) != groups.end();
}

bool shut_down_empty(int socket) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  int bytes = -1;
  // In this order: after its end nothing comes any more. A datagram may have no bytes.
  return ::shutdown(socket, SHUT_RDWR) == 0 &&
         ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         ::ioctl(socket, FIONREAD, &bytes) == 0 && bytes == 0;
}

ssize_t receive_bytes(int socket, std::span<std::byte> space) noexcept {
  if (is_close_behind()) {
    errno = EBUSY;
    return -1;
  }
  CameDescriptors came;
  const ssize_t size = came.receive(socket, space);
  const int saved = errno;
  for (UniqueFd& fd : came.all()) {
    close_slowly(std::move(fd));
  }
  errno = saved;
  return size;
}

PeerSocket::PeerSocket(UniqueFd fd) noexcept : fd_(std::move(fd)) {
  // In this order: what has come before it refuses them is there.
  may_bring_descriptors_ = fd_.is_open() && tapswitch::may_bring_descriptors(fd_.get());
  if (may_bring_descriptors_) {
    refuse_descriptors(fd_.get());
    receive_urgent_in_line(fd_.get());
  }
}

PeerSocket PeerSocket::open(int family, int type) noexcept {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  if (fd.is_open()) {
    refuse_descriptors(fd.get());
  }
  return PeerSocket(std::move(fd));
}

bool PeerSocket::is_held_up() const noexcept { return may_bring_descriptors_ && is_close_behind(); }

void PeerSocket::take_descriptors() noexcept {
  try_option(fd_.get(), SO_PASSRIGHTS, 1);
  may_bring_descriptors_ = true;
}

ssize_t PeerSocket::receive(std::span<std::byte> space) const noexcept {
  return may_bring_descriptors_ ? receive_bytes(fd_.get(), space)
                                : ::recv(fd_.get(), space.data(), space.size(), MSG_DONTWAIT);
}

void PeerSocket::reset() noexcept {
  const int saved = errno;
  if (may_bring_descriptors_ && fd_.is_open() && !shut_down_empty(fd_.get())) {
    close_slowly(std::move(fd_));
  }
  fd_.reset();
  errno = saved;
}

}  // namespace tapswitch
