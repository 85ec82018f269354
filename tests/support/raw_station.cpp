// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_station.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "switch/frame/frame_view.hpp"

namespace tapswitch::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The EtherType behind all tags; 0 if the frame ends before it.
std::uint16_t inner_ether_type(std::span<const std::byte> frame) {
  for (std::size_t at = FrameView::ether_type_offset; at + 2 <= frame.size(); at += VlanTag::size) {
    const auto type = static_cast<std::uint16_t>(std::to_integer<unsigned>(frame[at]) << 8 |
                                                 std::to_integer<unsigned>(frame[at + 1]));
    if (!is_tag_type(type)) {
      return type;
    }
  }
  return 0;
}

// The kernel takes the outermost tag off and tells it beside the frame.
void put_tag_back(msghdr& message, std::vector<std::byte>& frame) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA) {
      continue;
    }
    tpacket_auxdata aux{};
    std::memcpy(&aux, CMSG_DATA(part), sizeof aux);
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) {
      continue;
    }
    const unsigned type =
        (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux.tp_vlan_tpid : ETH_P_8021Q;
    const unsigned tci = aux.tp_vlan_tci;
    const std::byte tag[] = {std::byte(type >> 8), std::byte(type & 0xff), std::byte(tci >> 8),
                             std::byte(tci & 0xff)};
    frame.insert(frame.begin() + FrameView::ether_type_offset, std::begin(tag), std::end(tag));
  }
}

}  // namespace

RawStation::RawStation(const std::string& interface, std::uint16_t ether_type)
    : ether_type_(ether_type) {
  open(interface);
}

RawStation::RawStation(const TemporaryNamespace& name_space, const std::string& interface,
                       std::uint16_t ether_type)
    : ether_type_(ether_type) {
  name_space.run([&] { open(interface); });
}

void RawStation::open(const std::string& interface) {
  fd_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_.is_open()) {
    fail("socket(AF_PACKET)");
  }
  const int yes = 1;
  ::setsockopt(fd_.get(), SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes);
  ::setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) {
    fail("if_nametoindex");
  }
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("bind(AF_PACKET)");
  }
  // A station hears what is sent to any address, as the tests want to see what the switch does.
  packet_mreq membership{};
  membership.mr_ifindex = address.sll_ifindex;
  membership.mr_type = PACKET_MR_PROMISC;
  ::setsockopt(fd_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership);
}

bool RawStation::send(std::span<const std::byte> frame) {
  return ::send(fd_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
}

std::optional<std::vector<std::byte>> RawStation::receive(std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    while (auto frame = take()) {
      if (inner_ether_type(*frame) == ether_type_) {
        return frame;
      }
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !wait_until_readable(fd_.get(), left)) {
      return std::nullopt;
    }
  }
}

std::optional<std::vector<std::byte>> RawStation::take() {
  std::vector<std::byte> frame(FrameBuffer::max_frame_size + 1);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
  iovec part{.iov_base = frame.data(), .iov_len = frame.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd_.get(), &message, 0);
  if (size < 0) {
    return std::nullopt;
  }
  frame.resize(static_cast<std::size_t>(size));
  put_tag_back(message, frame);
  return frame;
}

}  // namespace tapswitch::test
