// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vxlan_inbox.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace tapswitch {
namespace {

// The kernel gives some of these as a byte and others as a number of four.
int number_in(const cmsghdr& part) noexcept {
  int number = 0;
  const std::size_t size = part.cmsg_len - CMSG_LEN(0);
  if (size >= sizeof number) {
    std::memcpy(&number, CMSG_DATA(&part), sizeof number);
  } else if (size > 0) {
    number = *CMSG_DATA(&part);
  }
  return number;
}

}  // namespace

std::span<const std::byte> VxlanInbox::Row::peek() const noexcept {
  return bytes.first(std::min(datagram_size, bytes.size()));
}

std::span<const std::byte> VxlanInbox::Row::take() noexcept {
  const std::span<const std::byte> datagram = peek();
  bytes = bytes.subspan(datagram.size());
  is_begun = true;
  return datagram;
}

VxlanInbox::Row* VxlanInbox::following() noexcept {
  if (next_ < count_ && rows_[next_].is_begun && rows_[next_].bytes.empty()) {
    ++next_;
  }
  return next_ < count_ ? &rows_[next_] : nullptr;
}

// The memory of a message that never comes is not touched, and costs nothing.
VxlanInbox::VxlanInbox()
    : memory_(std::make_unique_for_overwrite<std::byte[]>(most_messages * message_bytes)) {}

bool VxlanInbox::fill(int socket) noexcept {
  for (std::size_t i = 0; i < most_messages; ++i) {
    pieces_[i] = {.iov_base = &memory_[i * message_bytes], .iov_len = message_bytes};
    msghdr& message = messages_[i].msg_hdr;
    message = {};
    message.msg_name = &sources_[i];
    message.msg_namelen = sizeof sources_[i];
    message.msg_iov = &pieces_[i];
    message.msg_iovlen = 1;
    message.msg_control = controls_[i].data();
    message.msg_controllen = controls_[i].size();
  }
  const int count = ::recvmmsg(socket, messages_.data(), most_messages, MSG_DONTWAIT, nullptr);
  next_ = 0;
  count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < count_; ++i) {
    rows_[i] = row_of(i);
  }
  return count_ > 0;
}

VxlanInbox::Row VxlanInbox::row_of(std::size_t number) noexcept {
  const mmsghdr& received = messages_[number];
  Row row{.bytes = {&memory_[number * message_bytes], received.msg_len},
          .datagram_size = received.msg_len,
          .source = &sources_[number],
          .is_cut_off = (received.msg_hdr.msg_flags & MSG_TRUNC) != 0};
  msghdr message = received.msg_hdr;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    const int value = number_in(*part);
    if (part->cmsg_level == IPPROTO_UDP && part->cmsg_type == UDP_GRO && value > 0) {
      row.datagram_size = static_cast<std::size_t>(value);
    } else if ((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_TOS) ||
               (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_TCLASS)) {
      row.tos = static_cast<std::uint8_t>(value);
    }
  }
  return row;
}

}  // namespace tapswitch
