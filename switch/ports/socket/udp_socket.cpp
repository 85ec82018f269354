// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/socket/udp_socket.hpp"

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "switch/ports/frame_io.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

KernelError cannot_reach(int number, std::string_view call, const SocketAddress& remote,
                         std::string_view hint) {
  return {.number = number,
          .call = std::string(call),
          .action = "send to",
          .object = fmt::format("remote '{}'", remote.host_and_port()),
          .hint = std::string(hint),
          .missing = {}};
}

bool came_by_icmp(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if ((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
        (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR)) {
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(part), sizeof error);
      return error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
    }
  }
  return false;
}

}  // namespace

UniqueFd open_udp_socket(int family) noexcept {
  return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
}

bool set_up_udp(int socket, bool is_ipv6, int buffer_bytes) noexcept {
  set_socket_buffers(socket, buffer_bytes, buffer_bytes);
  if (is_ipv6) {
    return set_socket_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_socket_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) &&
           set_socket_option(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  return set_socket_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) &&
         set_socket_option(socket, IPPROTO_IP, IP_RECVERR, 1);
}

KernelError cannot_receive_at(std::string_view call, const SocketAddress& local) {
  KernelError error{.number = errno,
                    .call = std::string(call),
                    .action = "receive at",
                    .object = fmt::format("local '{}'", local.host_and_port()),
                    .hint = {},
                    .missing = {}};
  switch (error.number) {
    case EADDRINUSE:
      error.hint = "a socket receives there already; 'ss -ulnp' shows whose";
      break;
    case EADDRNOTAVAIL:
      error.hint = "no interface of this host has that address";
      break;
    case EACCES:
      error.hint =
          "a port below net.ipv4.ip_unprivileged_port_start, for which the daemon keeps no right";
      break;
    default:
      break;
  }
  return error;
}

KernelResult<void> check_remote(const SocketAddress& remote) {
  const UniqueFd probe = open_udp_socket(remote.family());
  if (!probe.is_open()) {
    return cannot_reach(errno, "socket", remote, {});
  }
  if (::connect(probe.get(), remote.get(), remote.size()) != 0) {
    return errno == EACCES ? KernelResult<void>(cannot_reach(errno, "connect", remote,
                                                             "it is an address of all on a link"))
                           : KernelResult<void>();
  }
  if (leads_home(probe.get())) {
    return cannot_reach(ELOOP, "connect", remote,
                        "a port of this daemon receives there: frames would come in again; "
                        "switches of one daemon are joined by patches");
  }
  return {};
}

QueuedError take_queued_error(int socket) noexcept {
  const int saved = errno;
  QueuedError error;
  alignas(cmsghdr) std::array<std::byte, 512> control;
  msghdr message{};
  message.msg_name = &error.destination;
  message.msg_namelen = sizeof error.destination;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  error.is_there = ::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
  error.has_come_back = error.is_there && came_by_icmp(message);
  errno = saved;
  return error;
}

SendStatus status_of_sent(int error) noexcept {
  switch (error) {
    case EMSGSIZE:
      return SendStatus::too_long;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
      return SendStatus::link_down;
    default:
      return datagram_status(error, SendStatus::link_down);
  }
}

KernelDrops SocketDrops::read() {
  const std::uint32_t counted = count(seen_);
  drops_ += counted - seen_;  // the kernel's count begins again at 2^32
  seen_ = counted;
  return {.ingress = drops_};
}

std::uint32_t SocketDrops::count(std::uint32_t otherwise) const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> counted{};
  socklen_t size = sizeof counted;
  return ::getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, counted.data(), &size) == 0
             ? counted[SK_MEMINFO_DROPS]
             : otherwise;
}

}  // namespace tapswitch
