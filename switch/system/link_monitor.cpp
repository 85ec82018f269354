// SPDX-License-Identifier: Apache-2.0
#include "switch/system/link_monitor.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "switch/system/net_namespace.hpp"

namespace tapswitch {
namespace {

constexpr int messages_a_call = 256;
// When some are lost, the others say what is no longer so: they are all taken off.
constexpr int most_messages_a_call = 100'000;
constexpr std::size_t message_size = 32'768;
// A thousand interfaces that change at once.
constexpr int receive_buffer_bytes = 4 << 20;

// Which namespace a message is from.
int name_space_of(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_NETLINK && part->cmsg_type == NETLINK_LISTEN_ALL_NSID) {
      int number = LinkKey::ours;
      std::memcpy(&number, CMSG_DATA(part), sizeof number);
      return number;
    }
  }
  return LinkKey::ours;
}

std::optional<LinkMonitor::Notice> to_notice(nlmsghdr* header, int name_space) {
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) {
    return std::nullopt;
  }
  LinkMonitor::Notice notice{.key = {.name_space = name_space},
                             .is_gone = header->nlmsg_type == RTM_DELLINK,
                             .info = parse_interface(header)};
  notice.key.index = notice.info.index;
  // A bridge and a wireless driver send messages of this type too, which do not say how the
  // interface is.
  const auto& link = *static_cast<const ifinfomsg*>(::nlmsg_data(header));
  if (link.ifi_family != AF_UNSPEC || notice.info.mtu == 0) {
    return std::nullopt;
  }
  return notice;
}

}  // namespace

LinkMonitor::LinkMonitor(UniqueFd socket, RouteSocket routes, bool hears_all)
    : socket_(std::move(socket)), routes_(std::move(routes)), hears_all_(hears_all) {}

KernelResult<LinkMonitor> LinkMonitor::open() {
  constexpr int yes = 1;
  auto routes = RouteSocket::open();
  if (!routes) {
    return routes.error();
  }
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!socket.is_open() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return kernel_error(errno, "bind", "listen to", "changes of interfaces");
  }
  // Without the right to it, the buffer stays as small as it is.
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes);
  const bool hears_all =
      ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &yes, sizeof yes) == 0;
  return LinkMonitor(std::move(socket), std::move(*routes), hears_all);
}

std::optional<int> LinkMonitor::listen_to(int name_space) {
  if (net_namespace_id(name_space) == current_net_namespace()) {
    return LinkKey::ours;
  }
  if (!hears_all_) {
    return std::nullopt;
  }
  auto number = routes_.find_namespace_number(name_space);
  if (number && !*number) {
    number = routes_.give_namespace_number(name_space);
  }
  return number ? *number : std::nullopt;
}

void LinkMonitor::look_up_own_number() {
  const auto ours = open_current_net_namespace();
  const auto number = ours ? routes_.find_namespace_number(ours->get()) : ours.error();
  own_number_ = number ? *number : own_number_;
}

LinkMonitor::Notices LinkMonitor::take() {
  Notices taken;
  bool knows_own_number = own_number_.has_value();  // which a namespace keeps, once it has one
  alignas(nlmsghdr) std::array<std::byte, message_size> buffer;
  for (int count = 0; count < (taken.has_missed ? most_messages_a_call : messages_a_call);
       ++count) {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    sockaddr_nl sender{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
    if (size < 0 && errno == ENOBUFS) {
      taken.has_missed = true;
      continue;
    }
    if (size < 0) {
      break;  // there is no more; of other errors the next call tells again
    }
    if (sender.nl_pid != 0) {
      continue;  // not the kernel
    }
    taken.has_missed |= (message.msg_flags & MSG_TRUNC) != 0;
    int name_space = name_space_of(message);
    if (name_space != LinkKey::ours && !std::exchange(knows_own_number, true)) {
      look_up_own_number();
    }
    name_space = name_space == own_number_ ? LinkKey::ours : name_space;
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); ::nlmsg_ok(header, left) != 0;
         header = ::nlmsg_next(header, &left)) {
      if (auto notice = to_notice(header, name_space)) {
        taken.notices.push_back(std::move(*notice));
      }
    }
  }
  return taken;
}

}  // namespace tapswitch
