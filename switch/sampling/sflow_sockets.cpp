// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/sflow_sockets.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace tapswitch {
namespace {

// Nobody reads what strangers send there, so it has no room.
UniqueFd open_socket(int family) {
  UniqueFd socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.is_open()) {
    constexpr int least = 0;
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  }
  return socket;
}

}  // namespace

SflowSockets SflowSockets::open() {
  SflowSockets sockets;
  sockets.ipv4_ = open_socket(AF_INET);
  sockets.ipv6_ = open_socket(AF_INET6);
  return sockets;
}

int SflowSockets::send(std::span<const std::byte> datagram, const SocketAddress& to) const {
  const ssize_t sent = ::sendto(of(to.family()).get(), datagram.data(), datagram.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL, to.get(), to.size());
  return sent < 0 ? errno : 0;
}

std::optional<IpAddress> SflowSockets::local_address_towards(const SocketAddress& to) const {
  const int socket = of(to.family()).get();
  if (::connect(socket, to.get(), to.size()) != 0) {
    return std::nullopt;
  }
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  const bool is_known = ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size) == 0;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  (void)::connect(socket, &nobody, sizeof nobody);
  return is_known ? std::optional(IpAddress::of(local)) : std::nullopt;
}

}  // namespace tapswitch
