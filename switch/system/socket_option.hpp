// SPDX-License-Identifier: Apache-2.0
// socket_option.hpp: sets options of sockets whose value is a number.
#pragma once

#include <sys/socket.h>

namespace tapswitch {

// False: the kernel has refused, and errno says why.
inline bool set_socket_option(int socket, int level, int option, int value) noexcept {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// Has a socket queue so many bytes of what comes, and of what leaves. Without the right to it, a
// buffer is as large as the kernel gives to anybody.
inline void set_socket_buffers(int socket, int receive_bytes, int send_bytes) noexcept {
  const auto set = [socket](int forced_option, int option, int size) {
    if (!set_socket_option(socket, SOL_SOCKET, forced_option, size)) {
      (void)set_socket_option(socket, SOL_SOCKET, option, size);
    }
  };
  set(SO_RCVBUFFORCE, SO_RCVBUF, receive_bytes);
  set(SO_SNDBUFFORCE, SO_SNDBUF, send_bytes);
}

}  // namespace tapswitch
