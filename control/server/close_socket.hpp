// SPDX-License-Identifier: Apache-2.0
// close_socket.hpp: the end of a socket of Asio's at which strangers may have left descriptors, as
// peer_socket.hpp says: without waiting for what they are.
#pragma once

#include <utility>

#include <boost/system/error_code.hpp>

#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_close.hpp"

namespace tapswitch::server {

// Also of one that listens, which may be another process's too: that goes on listening.
template <typename Socket>
void close_socket(Socket& socket) {
  boost::system::error_code error;
  if (!socket.is_open()) {
    return;
  }
  constexpr bool is_connection = requires { socket.shutdown(Socket::shutdown_both, error); };
  const int fd = socket.native_handle();
  if (may_bring_descriptors(fd) && !(is_connection && shut_down_empty(fd))) {
    close_slowly(UniqueFd(socket.release(error)));
  } else {
    socket.close(error);
  }
}

}  // namespace tapswitch::server
