// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vni_socket.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/ports/socket/udp_socket.hpp"
#include "switch/ports/vxlan/vni_program.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

struct GroupMember {
  int descriptor = -1;  // -1: one that has not been inherited yet
  Vni vni = 0;
};

// The sockets at one address, by their places.
using SocketGroup = std::vector<GroupMember>;

struct SocketGroups {
  std::mutex mutex;
  std::map<std::string, SocketGroup> by_address;  // guarded by the mutex
};

SocketGroups& socket_groups() {
  static SocketGroups groups;
  return groups;
}

// False: the kernel has refused it, and the program of before stays.
bool attach_program(const SocketGroup& group) {
  std::vector<VniPlace> places;
  for (std::size_t place = 0; place < group.size(); ++place) {
    places.push_back({.vni = group[place].vni, .place = place});
  }
  std::vector<sock_filter> program = vni_program(places);
  const sock_fprog told{.len = static_cast<unsigned short>(program.size()),
                        .filter = program.data()};
  return ::setsockopt(group.front().descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &told,
                      sizeof told) == 0;
}

// Datagrams that follow each other come together, where the kernel can have them so.
bool set_up_receiver(int socket, bool is_ipv6) {
  set_socket_buffers(socket, VniSocket::buffer_bytes, VniSocket::buffer_bytes);
  (void)set_socket_option(socket, IPPROTO_UDP, UDP_GRO, 1);
  return is_ipv6 ? set_socket_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
                       set_socket_option(socket, IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
                 : set_socket_option(socket, IPPROTO_IP, IP_RECVTOS, 1);
}

SocketGroup::iterator find_member(SocketGroup& group, int descriptor) {
  return std::ranges::find(group, descriptor, &GroupMember::descriptor);
}

KernelError cannot_share(const SocketAddress& local) {
  KernelError error = cannot_receive_at("SO_ATTACH_REUSEPORT_CBPF", local);
  if (error.number == ENOMEM) {
    error.hint = "too many VNIs share the address: raise net.core.optmem_max";
  }
  return error;
}

// A socket is let share its address once it has it, so that it is the first one there.
bool bind_first(int socket, const SocketAddress& local) {
  return ::bind(socket, local.get(), local.size()) == 0 &&
         set_socket_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
}

bool bind_behind(int socket, const SocketAddress& local) {
  return set_socket_option(socket, SOL_SOCKET, SO_REUSEPORT, 1) &&
         ::bind(socket, local.get(), local.size()) == 0;
}

}  // namespace

KernelResult<VniSocket> VniSocket::open(const SocketAddress& local, Vni vni) {
  UniqueFd socket = open_udp_socket(local.family());
  if (!socket.is_open()) {
    return cannot_receive_at("socket", local);
  }
  if (!set_up_receiver(socket.get(), local.family() == AF_INET6)) {
    return cannot_receive_at("setsockopt", local);
  }
  SocketGroups& groups = socket_groups();
  const std::lock_guard lock(groups.mutex);
  const std::string address = local.host_and_port();
  const auto known = groups.by_address.find(address);
  SocketGroup group = known == groups.by_address.end() ? SocketGroup() : known->second;
  const bool is_first = group.empty();
  if (!(is_first ? bind_first(socket.get(), local) : bind_behind(socket.get(), local))) {
    return cannot_receive_at("bind", local);
  }
  group.push_back({.descriptor = socket.get(), .vni = vni});
  // One that is refused was the last one in the kernel too.
  if (!is_first && !attach_program(group)) {
    return cannot_share(local);
  }
  groups.by_address.insert_or_assign(address, std::move(group));
  return VniSocket(std::move(socket), local);
}

VniSocket VniSocket::inherit(UniqueFd socket, const SocketAddress& local, Vni vni,
                             std::size_t place) {
  SocketGroups& groups = socket_groups();
  const std::lock_guard lock(groups.mutex);
  SocketGroup& group = groups.by_address[local.host_and_port()];
  group.resize(std::max(group.size(), place + 1));
  group[place] = {.descriptor = socket.get(), .vni = vni};
  VniSocket inherited(std::move(socket), local);
  inherited.leave(true);
  return inherited;
}

VniSocket::VniSocket(UniqueFd socket, const SocketAddress& local)
    : socket_(std::move(socket)), own_(socket_.get()), local_(local) {}

VniSocket::VniSocket(VniSocket&& other) noexcept = default;

// The kernel puts the last one at the place of one that is closed.
VniSocket::~VniSocket() {
  if (!socket_.is_open()) {
    return;
  }
  SocketGroups& groups = socket_groups();
  const std::lock_guard lock(groups.mutex);
  const auto found = groups.by_address.find(local_.host_and_port());
  const int descriptor = std::exchange(socket_, UniqueFd()).get();
  if (found == groups.by_address.end()) {
    return;
  }
  SocketGroup& group = found->second;
  const auto member = find_member(group, descriptor);
  if (member == group.end()) {
    return;  // an heir in this process is at its place
  }
  if (is_left_) {
    member->descriptor = -1;
  } else {
    *member = group.back();
    group.pop_back();
  }
  if (std::ranges::all_of(group, [](const GroupMember& each) { return each.descriptor < 0; })) {
    groups.by_address.erase(found);
  } else if (!is_left_) {
    // A smaller one than that which was taken before.
    (void)attach_program(group);
  }
}

std::size_t VniSocket::place() const {
  SocketGroups& groups = socket_groups();
  const std::lock_guard lock(groups.mutex);
  SocketGroup& group = groups.by_address.at(local_.host_and_port());
  return static_cast<std::size_t>(find_member(group, socket_.get()) - group.begin());
}

}  // namespace tapswitch
