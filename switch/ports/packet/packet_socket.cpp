// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/packet/packet_socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/ports/frame_io.hpp"
#include "switch/system/socket_option.hpp"

namespace tapswitch {
namespace {

#ifndef PACKET_VNET_HDR_SZ
constexpr int PACKET_VNET_HDR_SZ = 24;  // Linux 6.4; not in Debian 12's <linux/if_packet.h>
#endif

KernelError socket_error(std::string_view call, std::string_view capability = "CAP_NET_ADMIN") {
  return kernel_error(errno, call, "open", "a packet socket", capability);
}

// Has a virtio-net header before each frame; tells what may be said in it.
KernelResult<OffloadSet> set_header(const UniqueFd& fd) {
  if (set_socket_option(fd.get(), SOL_PACKET, PACKET_VNET_HDR_SZ, offload_header_size)) {
    return all_offloads;
  }
  // An older kernel, on which a super-frame of UDP may be unknown.
  OffloadSet without_uso = all_offloads;
  without_uso.uso = false;
  if (set_socket_option(fd.get(), SOL_PACKET, PACKET_VNET_HDR, 1)) {
    return without_uso;
  }
  return socket_error("PACKET_VNET_HDR");
}

KernelResult<void> be_promiscuous(const UniqueFd& fd, int index) {
  packet_mreq membership{};
  membership.mr_ifindex = index;
  membership.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(fd.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) !=
      0) {
    return socket_error("PACKET_ADD_MEMBERSHIP");
  }
  return {};
}

// The tag that the kernel has taken off.
std::optional<VlanTag> taken_tag(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA) {
      continue;
    }
    tpacket_auxdata aux{};
    std::memcpy(&aux, CMSG_DATA(part), sizeof aux);
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) {
      return std::nullopt;
    }
    const bool has_type = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    return VlanTag::from_wire(has_type ? TagType{aux.tp_vlan_tpid} : TagType::customer,
                              aux.tp_vlan_tci);
  }
  return std::nullopt;
}

}  // namespace

KernelResult<PacketSocket> PacketSocket::open(int index) {
  // The socket is of no protocol until it is bound: it shall not hear other interfaces meanwhile.
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) {
    return socket_error("socket", "CAP_NET_RAW");
  }
  set_socket_buffers(fd.get(), receive_buffer_bytes, send_buffer_bytes);
  const auto offloads = set_header(fd);
  if (!offloads) {
    return offloads.error();
  }
  // Else it would hear what it sends itself.
  if (!set_socket_option(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) {
    return socket_error("PACKET_IGNORE_OUTGOING");
  }
  if (!set_socket_option(fd.get(), SOL_PACKET, PACKET_AUXDATA, 1)) {
    return socket_error("PACKET_AUXDATA");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return socket_error("bind");
  }
  if (auto done = be_promiscuous(fd, index); !done) {
    return done.error();
  }
  return PacketSocket(std::move(fd), *offloads);
}

PacketSocket PacketSocket::inherit(UniqueFd fd, const OffloadSet& offloads) {
  return {std::move(fd), offloads};
}

ReceiveStatus PacketSocket::receive(FrameBuffer& frame) noexcept {
  if (big_.has_next()) [[unlikely]] {
    return next_piece(frame);
  }
  const std::span<std::byte> space = frame.space(offload_header_size);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(tpacket_auxdata))> control;
  // The part that has no room in the buffer comes to stand where the whole of a big frame will.
  const std::size_t room = space.size() - offload_header_size;
  std::array<iovec, 2> parts = {
      iovec{.iov_base = space.data(), .iov_len = space.size()},
      iovec{.iov_base = memory_.get() + room, .iov_len = most_big_size - room}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(fd_.get(), &message, 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    return status_of(errno);
  }
  if (static_cast<std::size_t>(size) < offload_header_size) {
    return ReceiveStatus::garbled;
  }
  const std::size_t frame_size = static_cast<std::size_t>(size) - offload_header_size;
  const auto tag = taken_tag(message);
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    return ReceiveStatus::oversize;
  }
  const auto offload = read_offload(space.first<offload_header_size>(), std::endian::native);
  if (!offload) {
    return ReceiveStatus::garbled;
  }
  if (frame_size >= BigFrame::least_size) [[unlikely]] {
    copy_octets(space.subspan(offload_header_size, std::min(room, frame_size)), memory_.get());
    if (big_.begin({memory_.get(), frame_size}, *offload)) {
      big_tag_ = tag;
      return next_piece(frame);
    }
  }
  if (frame_size + (tag ? VlanTag::size : 0) > FrameBuffer::max_frame_size) {
    return ReceiveStatus::oversize;
  }
  frame.assign(frame_size, *offload);
  if (tag && frame_size >= FrameView::header_size) {
    frame.push_tag(*tag);
  }
  return ReceiveStatus::received;
}

ReceiveStatus PacketSocket::next_piece(FrameBuffer& frame) noexcept {
  big_.next(frame);
  if (big_tag_) {
    frame.push_tag(*big_tag_);
  }
  return big_.has_next() ? ReceiveStatus::more : ReceiveStatus::received;
}

// No error of the interface is taken away by asking so.
bool PacketSocket::is_empty() const noexcept {
  int size = 0;
  return !big_.has_next() && ::ioctl(fd_.get(), FIONREAD, &size) == 0 && size == 0;
}

SendStatus PacketSocket::send(FrameBuffer& frame) noexcept {
  int error = write_offloaded_frame(fd_.get(), frame, std::endian::native);
  if (error == ENETDOWN) {
    // That the interface went down is told once to whoever asks first, also when it is up again.
    error = write_offloaded_frame(fd_.get(), frame, std::endian::native);
  } else if (error == EMSGSIZE) [[unlikely]] {
    error = send_as_segment(frame);
  }
  switch (error) {
    case 0:
      return SendStatus::sent;
    case EAGAIN:
    case ENOBUFS:
      return SendStatus::busy;
    case ENETDOWN:
      return SendStatus::link_down;
    case EMSGSIZE:
      return SendStatus::too_long;
    case ENODEV:
    case ENXIO:
      return SendStatus::gone;
    // Also ENOMEM: no room now is ENOBUFS, and this the answer to a frame that it will never take.
    default:
      return SendStatus::refused;
  }
}

// The kernel counts a service tag against the MTU, but not in what is to be cut. So a frame of TCP
// or UDP goes as a super-frame of one segment, which the kernel then finds to be none; the sum that
// is left to it is taken of the frame's own copy of the field. Behind a second tag the other end of
// a veth would drop it uncounted.
int PacketSocket::send_as_segment(FrameBuffer& frame) const noexcept {
  const std::optional<HeaderLayout> headers = frame.layout().headers();
  if (!headers || frame.is_lent() || frame.offload().gso != GsoKind::none ||
      frame.layout().tag_count() != 1 || (headers->kind == TransportKind::udp && !offloads_.uso)) {
    return EMSGSIZE;
  }
  const std::span<const std::byte> bytes = frame.head();
  const std::uint16_t offset = checksum_offset_in(headers->kind);
  const std::size_t field = headers->transport + offset;
  std::array<std::byte, 2> sum;
  store_16(sum.data(),
           sum_of_pseudo_header(bytes, *headers, bytes.size() - headers->transport).folded());
  const std::span<std::byte> header = frame.prefix(offload_header_size);
  write_offload({.needs_checksum = true,
                 .gso = headers->kind == TransportKind::udp ? GsoKind::udp
                        : headers->is_ipv6                  ? GsoKind::tcp_ipv6
                                                            : GsoKind::tcp_ipv4,
                 .header_size = as_word(headers->payload),
                 // Longer than the payload is, for the kernel does not count the options of TCP.
                 .segment_size = as_word(bytes.size() - headers->transport),
                 .checksum_start = as_word(headers->transport),
                 .checksum_offset = offset},
                header.first<offload_header_size>(), std::endian::native);
  // Nothing is written there; C has no other type for it.
  const std::array<iovec, 3> parts = {
      iovec{.iov_base = header.data(), .iov_len = header.size() + field},
      iovec{.iov_base = sum.data(), .iov_len = sum.size()},
      iovec{.iov_base = const_cast<std::byte*>(&bytes[field + sum.size()]),
            .iov_len = bytes.size() - field - sum.size()}};
  return ::writev(fd_.get(), parts.data(), parts.size()) < 0 ? errno : 0;
}

ReceiveStatus PacketSocket::status_of(int error) const noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return ReceiveStatus::empty;
    // A super-frame of a kind that a virtio-net header has no word for: a tunnel's, for example.
    case EINVAL:
      return ReceiveStatus::garbled;
    // Told once when the interface goes down; also when it is deleted, and then perhaps before the
    // kernel has taken it from the socket. Whoever needs to know soon listens to a LinkMonitor.
    case ENETDOWN:
      return index() ? ReceiveStatus::empty : ReceiveStatus::gone;
    default:
      return ReceiveStatus::gone;
  }
}

std::optional<int> PacketSocket::index() const noexcept {
  sockaddr_ll address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sll_ifindex <= 0) {
    return std::nullopt;
  }
  return address.sll_ifindex;
}

KernelResult<std::string> PacketSocket::name() const {
  ifreq request{};
  const auto known = index();
  if (!known) {
    errno = ENODEV;
  } else {
    request.ifr_ifindex = *known;
  }
  if (!known || ::ioctl(fd_.get(), SIOCGIFNAME, &request) != 0) {
    return kernel_error(errno, "SIOCGIFNAME", "ask about", "an interface");
  }
  return std::string(request.ifr_name);
}

KernelResult<UniqueFd> PacketSocket::name_space() const {
  UniqueFd fd(::ioctl(fd_.get(), SIOCGSKNS));
  if (!fd.is_open()) {
    return kernel_error(errno, "SIOCGSKNS", "find the namespace of", "a packet socket");
  }
  return fd;
}

std::uint32_t PacketSocket::take_drops() const {
  tpacket_stats counted{};
  socklen_t size = sizeof counted;
  return ::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &counted, &size) == 0
             ? counted.tp_drops
             : 0;
}

}  // namespace tapswitch
