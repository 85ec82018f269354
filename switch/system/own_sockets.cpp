// SPDX-License-Identifier: Apache-2.0
#include "switch/system/own_sockets.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace tapswitch {
namespace {

struct OwnSockets {
  std::mutex mutex;
  std::set<std::pair<dev_t, ino_t>> files;  // this and the next are guarded by the mutex
  std::vector<sockaddr_in6> tcp;
};

OwnSockets& own_sockets() {
  static OwnSockets sockets;
  return sockets;
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

// Returns the near or the far end of a TCP socket; an address of IPv4 as IPv6 has it [RFC 4291
// 2.5.5.2]. Nullopt for any other.
std::optional<sockaddr_in6> tcp_address(int socket, NameOf name_of) noexcept {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (name_of(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return std::nullopt;
  }
  sockaddr_in6 address{};
  if (name.ss_family == AF_INET6) {
    std::memcpy(&address, &name, sizeof address);
    return address;
  }
  if (name.ss_family != AF_INET) {
    return std::nullopt;
  }
  sockaddr_in old{};
  std::memcpy(&old, &name, sizeof old);
  address.sin6_family = AF_INET6;
  address.sin6_port = old.sin_port;
  if (old.sin_addr.s_addr != INADDR_ANY) {
    address.sin6_addr.s6_addr[10] = address.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&address.sin6_addr.s6_addr[12], &old.sin_addr, sizeof old.sin_addr);
  }
  return address;
}

bool has_same_host(const sockaddr_in6& a, const sockaddr_in6& b) noexcept {
  return std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
}

bool is_same(const sockaddr_in6& a, const sockaddr_in6& b) noexcept {
  return a.sin6_port == b.sin6_port && has_same_host(a, b);
}

bool is_loopback(const sockaddr_in6& address) noexcept {
  return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr) && address.sin6_addr.s6_addr[12] == 127);
}

}  // namespace

void add_own_socket_file(dev_t device, ino_t inode) {
  OwnSockets& own = own_sockets();
  const std::lock_guard lock(own.mutex);
  own.files.emplace(device, inode);
}

void remove_own_socket_file(dev_t device, ino_t inode) noexcept {
  OwnSockets& own = own_sockets();
  const std::lock_guard lock(own.mutex);
  own.files.erase({device, inode});
}

bool is_own_socket_file(const struct stat& status) noexcept {
  OwnSockets& own = own_sockets();
  const std::lock_guard lock(own.mutex);
  return own.files.contains({status.st_dev, status.st_ino});
}

OwnTcpListener::OwnTcpListener(int socket) : address_(tcp_address(socket, ::getsockname)) {
  if (address_) {
    OwnSockets& own = own_sockets();
    const std::lock_guard lock(own.mutex);
    own.tcp.push_back(*address_);
  }
}

OwnTcpListener::OwnTcpListener(OwnTcpListener&& other) noexcept
    : address_(std::exchange(other.address_, std::nullopt)) {}

OwnTcpListener::~OwnTcpListener() {
  if (address_) {
    OwnSockets& own = own_sockets();
    const std::lock_guard lock(own.mutex);
    const auto found = std::ranges::find_if(
        own.tcp, [&](const sockaddr_in6& each) { return is_same(each, *address_); });
    own.tcp.erase(found);
  }
}

bool leads_home(int connection) noexcept {
  const auto near = tcp_address(connection, ::getsockname);
  const auto far = tcp_address(connection, ::getpeername);
  if (!near || !far) {
    return false;
  }
  if (is_same(*near, *far)) {
    return true;
  }
  // The kernel reaches an address of this host from that address, or from another loopback one.
  if (!has_same_host(*near, *far) && !is_loopback(*far)) {
    return false;
  }
  OwnSockets& own = own_sockets();
  const std::lock_guard lock(own.mutex);
  return std::ranges::any_of(own.tcp, [&](const sockaddr_in6& listener) {
    return listener.sin6_port == far->sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&listener.sin6_addr) || has_same_host(listener, *far));
  });
}

}  // namespace tapswitch
