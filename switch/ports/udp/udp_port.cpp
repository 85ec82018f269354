// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/udp/udp_port.hpp"

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/ports/frame_io.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

// So many errors that are no frame's are passed over before others have their turn.
constexpr int most_errors = 16;

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

KernelError cannot_reach(int number, std::string_view call, const SocketAddress& remote,
                         std::string_view hint) {
  return {.number = number,
          .call = std::string(call),
          .action = "send to",
          .object = fmt::format("remote '{}'", remote.host_and_port()),
          .hint = std::string(hint),
          .missing = {}};
}

// The protocol is named, for the filter of system calls lets no other socket of datagrams be made.
UniqueFd open_udp_socket(int family) noexcept {
  return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
}

// Says why frames must not be sent there, as far as this host knows. That there is no way now is
// no reason.
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

bool set_up_udp(int socket, bool is_ipv6) noexcept {
  set_socket_buffers(socket, UdpPort::buffer_bytes, UdpPort::buffer_bytes);
  if (is_ipv6) {
    return set_socket_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_socket_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) &&
           set_socket_option(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  return set_socket_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) &&
         set_socket_option(socket, IPPROTO_IP, IP_RECVERR, 1);
}

// Whether the error is one that came back from the way of the datagram, and none of this host's,
// which send() has told already.
bool has_come_back(msghdr& message) noexcept {
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

}  // namespace

KernelResult<std::unique_ptr<UdpPort>> UdpPort::open(const UdpOptions& options) {
  UniqueFd socket = open_udp_socket(options.local.family());
  if (!socket.is_open()) {
    return cannot_receive_at("socket", options.local);
  }
  if (!set_up_udp(socket.get(), options.local.family() == AF_INET6)) {
    return cannot_receive_at("setsockopt", options.local);
  }
  if (::bind(socket.get(), options.local.get(), options.local.size()) != 0) {
    return cannot_receive_at("bind", options.local);
  }
  auto port = inherit(std::move(socket), options);
  // Now, for its own socket is one of those.
  if (auto checked = check_remote(options.remote); !checked) {
    return checked.error();
  }
  return port;
}

std::unique_ptr<UdpPort> UdpPort::inherit(UniqueFd socket, const UdpOptions& options) {
  return std::unique_ptr<UdpPort>(new UdpPort(std::move(socket), options));
}

UdpPort::UdpPort(UniqueFd socket, const UdpOptions& options)
    : socket_(std::move(socket)),
      own_(socket_.get()),
      remote_(options.remote),
      mtu_(options.mtu),
      drops_seen_(count_drops(0)) {}

ReceiveStatus UdpPort::receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept {
  const std::span<std::byte> space = frame.space();
  for (int errors = 0; errors < most_errors; ++errors) {
    sockaddr_storage source;
    iovec all{.iov_base = space.data(), .iov_len = space.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &all;
    message.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (size >= 0) {
      was_empty_ = false;
      if ((message.msg_flags & MSG_TRUNC) != 0 ||
          static_cast<std::size_t>(size) > FrameBuffer::max_frame_size) {
        return ReceiveStatus::oversize;
      }
      frame.assign(static_cast<std::size_t>(size));  // 0 too: a runt
      return remote_.is_at(source) ? ReceiveStatus::received : ReceiveStatus::foreign;
    }
    const bool has_error = errno != EAGAIN || was_empty_;
    if (has_error && take_refusal()) {
      frame.assign(0);
      return ReceiveStatus::unsent;
    }
    if (errno == EAGAIN) {
      was_empty_ = true;
      return ReceiveStatus::empty;
    }
  }
  return ReceiveStatus::empty;
}

// Takes errors off until one says that a datagram for the remote was not taken there. False: none
// does. Leaves errno as it is.
bool UdpPort::take_refusal() const noexcept {
  const int saved = errno;
  bool is_found = false;
  bool is_one = true;
  for (int errors = 0; is_one && !is_found && errors < most_errors; ++errors) {
    sockaddr_storage destination{};
    alignas(cmsghdr) std::array<std::byte, 512> control;
    msghdr message{};
    message.msg_name = &destination;
    message.msg_namelen = sizeof destination;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    is_one = ::recvmsg(socket_.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
    is_found = is_one && remote_.is_at(destination) && has_come_back(message);
  }
  errno = saved;
  return is_found;
}

// The kernel tells what was said against earlier datagrams once, to whoever asks first, and then
// the frame has not left.
SendStatus UdpPort::send(FrameBuffer& frame) noexcept {
  int error = send_datagram(socket_.get(), frame, remote_.get(), remote_.size());
  if (error != 0 && error != EAGAIN && error != EMSGSIZE) {
    error = send_datagram(socket_.get(), frame, remote_.get(), remote_.size());
  }
  return status_of_sent(error);
}

LinkStatus UdpPort::link() const {
  LinkStatus status;
  status.is_present = true;
  status.is_up = true;
  status.has_carrier = true;
  status.mtu = mtu_;
  return status;
}

KernelDrops UdpPort::read_drops(LinkReader& /*reader*/, std::optional<int> /*index*/) {
  const std::uint32_t counted = count_drops(drops_seen_);
  drops_ += counted - drops_seen_;  // the kernel's count begins again at 2^32
  drops_seen_ = counted;
  return {.ingress = drops_};
}

std::uint32_t UdpPort::count_drops(std::uint32_t otherwise) const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> counted{};
  socklen_t size = sizeof counted;
  return ::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, counted.data(), &size) == 0
             ? counted[SK_MEMINFO_DROPS]
             : otherwise;
}

}  // namespace tapswitch
