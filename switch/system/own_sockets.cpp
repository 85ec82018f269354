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
  std::vector<InternetEnd> internet;
};

OwnSockets& own_sockets() {
  static OwnSockets sockets;
  return sockets;
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

// Returns the near or the far end of a socket of TCP or UDP. Nullopt for any other.
std::optional<InternetEnd> end_of(int socket, NameOf name_of) noexcept {
  InternetEnd end;
  socklen_t size = sizeof end.protocol;
  if (::getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &end.protocol, &size) != 0) {
    return std::nullopt;
  }
  sockaddr_storage name{};
  size = sizeof name;
  if (name_of(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return std::nullopt;
  }
  if (name.ss_family == AF_INET6) {
    std::memcpy(&end.address, &name, sizeof end.address);
    return end;
  }
  if (name.ss_family != AF_INET) {
    return std::nullopt;
  }
  sockaddr_in old{};
  std::memcpy(&old, &name, sizeof old);
  end.address.sin6_family = AF_INET6;
  end.address.sin6_port = old.sin_port;
  if (old.sin_addr.s_addr != INADDR_ANY) {
    in6_addr& host = end.address.sin6_addr;
    host.s6_addr[10] = host.s6_addr[11] = 0xff;
    std::memcpy(&host.s6_addr[12], &old.sin_addr, sizeof old.sin_addr);
  }
  return end;
}

bool has_same_host(const sockaddr_in6& a, const sockaddr_in6& b) noexcept {
  return std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
}

bool is_same(const InternetEnd& a, const InternetEnd& b) noexcept {
  return a.protocol == b.protocol && a.address.sin6_port == b.address.sin6_port &&
         has_same_host(a.address, b.address);
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

OwnInternetSocket::OwnInternetSocket(int socket) : end_(end_of(socket, ::getsockname)) {
  if (end_) {
    OwnSockets& own = own_sockets();
    const std::lock_guard lock(own.mutex);
    own.internet.push_back(*end_);
  }
}

OwnInternetSocket::OwnInternetSocket(OwnInternetSocket&& other) noexcept
    : end_(std::exchange(other.end_, std::nullopt)) {}

OwnInternetSocket::~OwnInternetSocket() {
  if (end_) {
    OwnSockets& own = own_sockets();
    const std::lock_guard lock(own.mutex);
    own.internet.erase(std::ranges::find_if(
        own.internet, [&](const InternetEnd& each) { return is_same(each, *end_); }));
  }
}

bool leads_home(int connection) noexcept {
  const auto near = end_of(connection, ::getsockname);
  const auto far = end_of(connection, ::getpeername);
  if (!near || !far) {
    return false;
  }
  if (is_same(*near, *far)) {
    return true;
  }
  // The kernel reaches an address of this host from that address, or from another loopback one.
  if (!has_same_host(near->address, far->address) && !is_loopback(far->address)) {
    return false;
  }
  OwnSockets& own = own_sockets();
  const std::lock_guard lock(own.mutex);
  return std::ranges::any_of(own.internet, [&](const InternetEnd& each) {
    return each.protocol == far->protocol && each.address.sin6_port == far->address.sin6_port &&
           (IN6_IS_ADDR_UNSPECIFIED(&each.address.sin6_addr) ||
            has_same_host(each.address, far->address));
  });
}

}  // namespace tapswitch
