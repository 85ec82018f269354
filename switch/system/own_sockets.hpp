// SPDX-License-Identifier: Apache-2.0
// own_sockets.hpp: the sockets at which this process listens, so that no port of it connects to
// one: what is sent there would come in again, without end, or be taken for a request.
//
// Limits: as many as there are sockets that listen. Threads: any.
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

// A TCP socket of this process that listens, for as long as this object is there.
class OwnTcpListener {
 public:
  OwnTcpListener() = default;
  // 'socket' is bound. Throws std::bad_alloc.
  explicit OwnTcpListener(int socket);
  OwnTcpListener(const OwnTcpListener&) = delete;
  OwnTcpListener& operator=(const OwnTcpListener&) = delete;
  OwnTcpListener(OwnTcpListener&& other) noexcept;
  OwnTcpListener& operator=(OwnTcpListener&&) = delete;
  ~OwnTcpListener();

 private:
  std::optional<sockaddr_in6> address_;
};

// Whether that TCP socket is connected with this process: with a listener of it, or with itself, as
// may come about where nobody listens on a port that the kernel chooses for the near end.
[[nodiscard]] bool leads_home(int connection) noexcept;

}  // namespace tapswitch
