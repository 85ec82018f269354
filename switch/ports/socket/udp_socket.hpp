// SPDX-License-Identifier: Apache-2.0
// udp_socket.hpp: makes sockets of UDP, and reads what is told of datagrams that have left. Ports
// with such sockets, which are bound and not connected, have it in common.
//
// What the kernel is told of such datagrams (ICMP: nobody listens there) it queues beside what
// comes in (IP_RECVERR), and tells it once more as the error of whatever call comes next. A
// datagram is never forbidden to be fragmented on its way. Threads: any.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "switch/ports/port.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Names the protocol, for the filter of system calls lets no other socket of datagrams be made.
[[nodiscard]] UniqueFd open_udp_socket(int family) noexcept;

// False: the kernel has refused, and errno says why.
[[nodiscard]] bool set_up_udp(int socket, bool is_ipv6, int buffer_bytes) noexcept;

// Says why 'call' has refused a socket at 'local'; errno is as that left it.
[[nodiscard]] KernelError cannot_receive_at(std::string_view call, const SocketAddress& local);

// Says why frames must not be sent there, as far as this host knows: to all on a link, or to this
// process. That there is no way now is no reason.
[[nodiscard]] KernelResult<void> check_remote(const SocketAddress& remote);

// An error that was queued at a socket.
struct QueuedError {
  bool is_there = false;
  // Whether it came back from the way of a datagram, and is none of this host's, which the call
  // that sent it has told already.
  bool has_come_back = false;
  sockaddr_storage destination{};  // of the datagram
};

// Takes one off. Leaves errno as it is.
[[nodiscard]] QueuedError take_queued_error(int socket) noexcept;

// Sorts the error with which a call to send a datagram has ended; 0: none.
[[nodiscard]] SendStatus status_of_sent(int error) noexcept;

// Counts what the kernel drops of that which comes to a socket. Threads: the control thread.
class SocketDrops {
 public:
  explicit SocketDrops(int socket) : socket_(socket), seen_(count(0)) {}

  // Since it was made.
  [[nodiscard]] KernelDrops read();

 private:
  // As the kernel counts them; 'otherwise' if it does not tell.
  [[nodiscard]] std::uint32_t count(std::uint32_t otherwise) const noexcept;

  int socket_;
  std::uint32_t seen_;
  std::uint64_t drops_ = 0;
};

}  // namespace tapswitch
