// SPDX-License-Identifier: Apache-2.0
// own_sockets.hpp: the sockets at which this process listens, so that no port of it connects to
// one, or sends datagrams to it: what is sent there would come in again, without end, or be taken
// for a request.
//
// Limits: as many as there are such sockets. Threads: any.
#pragma once

#include <netinet/in.h>
#include <sys/stat.h>

#include <cstdint>
#include <optional>

namespace tapswitch {

// The file of a Unix socket is this process's from now on. Throws std::bad_alloc.
void add_own_socket_file(dev_t device, ino_t inode);
void remove_own_socket_file(dev_t device, ino_t inode) noexcept;
[[nodiscard]] bool is_own_socket_file(const struct stat& status) noexcept;

// An end of a socket of TCP or UDP; an address of IPv4 as IPv6 has it [RFC 4291 2.5.5.2].
struct InternetEnd {
  int protocol = 0;
  sockaddr_in6 address{};
};

// A TCP socket of this process that listens, or a UDP socket that others write to, for as long as
// this object is there.
class OwnInternetSocket {
 public:
  OwnInternetSocket() = default;
  // 'socket' is bound. Throws std::bad_alloc.
  explicit OwnInternetSocket(int socket);
  OwnInternetSocket(const OwnInternetSocket&) = delete;
  OwnInternetSocket& operator=(const OwnInternetSocket&) = delete;
  OwnInternetSocket(OwnInternetSocket&& other) noexcept;
  OwnInternetSocket& operator=(OwnInternetSocket&&) = delete;
  ~OwnInternetSocket();

 private:
  std::optional<InternetEnd> end_;
};

// Whether that socket of TCP or UDP is connected with this process: with an own socket of it, or
// with itself, as may come about where nobody listens on a port that the kernel chooses for the
// near end.
[[nodiscard]] bool leads_home(int connection) noexcept;

}  // namespace tapswitch
