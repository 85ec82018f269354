// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/vxlan_sender.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "switch/ports/socket/udp_socket.hpp"
#include "switch/ports/vxlan/vxlan_header.hpp"

namespace tapswitch {
namespace {

// So many errors of earlier datagrams are looked at where a call has failed.
constexpr int most_refusals = 16;

// Holds what goes with a message besides its bytes.
class ControlWords {
 public:
  void add(int level, int type, const void* value, std::size_t size) noexcept {
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(size);
    std::memcpy(&memory_[size_], &header, sizeof header);
    std::memcpy(&memory_[size_ + CMSG_LEN(0)], value, size);
    size_ += CMSG_SPACE(size);
  }

  void say(msghdr& message) noexcept {
    message.msg_control = size_ == 0 ? nullptr : memory_.data();
    message.msg_controllen = size_;
  }

 private:
  alignas(cmsghdr) std::array<std::byte, 2 * CMSG_SPACE(sizeof(int))> memory_{};
  std::size_t size_ = 0;
};

msghdr message_to(const Remote& remote, std::span<iovec> pieces, ControlWords& words) noexcept {
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(remote.address.get());  // the kernel only reads it
  message.msg_namelen = remote.address.size();
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  words.say(message);
  return message;
}

// Whether an error says that datagrams cannot leave as one message, and nothing of each of them.
bool is_against_joining(int error) noexcept {
  return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
}

// Whether an error may have been that of an earlier datagram.
bool may_be_of_another(int error) noexcept {
  return error != EAGAIN && error != EMSGSIZE && error != EINVAL;
}

// Sends all of them, and calls 'tell' with the number of each and its error, 0 for none.
template <class NoteRefusals, class Tell>
void send_all(int socket, std::span<mmsghdr> messages, const NoteRefusals& note_refusals,
              const Tell& tell) noexcept {
  bool is_second_time = false;
  for (std::size_t i = 0; i < messages.size();) {
    const int sent = ::sendmmsg(socket, &messages[i], static_cast<unsigned>(messages.size() - i),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0 && !is_second_time && may_be_of_another(errno)) {
      note_refusals();
      is_second_time = true;
      continue;
    }
    is_second_time = false;
    const int error = sent <= 0 ? errno : 0;
    for (int told = 0; told < std::max(sent, 1); ++told) {
      tell(i++, error);
    }
  }
}

}  // namespace

SendStatus VxlanSender::send(const Shipment& shipment,
                             std::span<const std::uint16_t> to) const noexcept {
  const bool is_joined = shipment.count > 1;
  ControlWords words;
  if (shipment.tos) {
    words.add(is_ipv6_ ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6_ ? IPV6_TCLASS : IP_TOS, &*shipment.tos,
              sizeof(int));
  }
  if (is_joined) {
    const auto size = static_cast<std::uint16_t>(shipment.datagram_size);
    words.add(IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
  }
  auto status = SendStatus::link_down;  // where there is no remote
  bool has_left = false;
  std::array<mmsghdr, most_at_once> messages;
  while (!to.empty()) {
    const std::span<const std::uint16_t> now = to.first(std::min(to.size(), most_at_once));
    for (std::size_t i = 0; i < now.size(); ++i) {
      messages[i].msg_hdr = message_to(remotes_.at(now[i]), shipment.pieces, words);
    }
    const auto tell = [&](std::size_t i, int error) {
      Remote& remote = remotes_.at(now[i]);
      SendStatus one = status_of_sent(error);
      if (is_joined && is_against_joining(error)) {
        one = send_apart(shipment, remote);
      } else if (one == SendStatus::sent) {
        remote.out_frames.add(shipment.count);
        remote.out_octets.add(shipment.size - shipment.count * vxlan_header_size);
      } else {
        remote.unsent.add(shipment.count);
      }
      has_left = has_left || one == SendStatus::sent;
      status = one;
    };
    if (is_joined && !joins_) {
      for (std::size_t i = 0; i < now.size(); ++i) {
        tell(i, EOPNOTSUPP);
      }
    } else {
      send_all(
          shipment.socket, std::span(messages).first(now.size()),
          [&] { note_refusals(shipment.socket); }, tell);
    }
    to = to.subspan(now.size());
  }
  return has_left ? SendStatus::sent : status;
}

// Each datagram of what should have been one message by itself.
SendStatus VxlanSender::send_apart(const Shipment& shipment, Remote& remote) const noexcept {
  std::array<mmsghdr, most_joined> messages;
  std::array<iovec, most_joined> pieces;
  ControlWords words;
  if (shipment.tos) {
    words.add(is_ipv6_ ? IPPROTO_IPV6 : IPPROTO_IP, is_ipv6_ ? IPV6_TCLASS : IP_TOS, &*shipment.tos,
              sizeof(int));
  }
  std::size_t offset = 0;
  for (std::size_t i = 0; i < shipment.count; ++i) {
    const std::size_t size = std::min(shipment.datagram_size, shipment.size - offset);
    pieces[i] = {.iov_base = static_cast<std::byte*>(shipment.pieces.front().iov_base) + offset,
                 .iov_len = size};
    messages[i].msg_hdr = message_to(remote, std::span(pieces).subspan(i, 1), words);
    offset += size;
  }
  auto status = SendStatus::sent;
  send_all(
      shipment.socket, std::span(messages).first(shipment.count),
      [&] { note_refusals(shipment.socket); },
      [&](std::size_t i, int error) {
        if (error == 0) {
          remote.out_frames.add(1);
          remote.out_octets.add(pieces[i].iov_len - vxlan_header_size);
        } else {
          remote.unsent.add(1);
          status = status_of_sent(error);
        }
      });
  return status;
}

// Counts what came back, for the remotes that it is about.
void VxlanSender::note_refusals(int socket) const noexcept {
  for (int refusals = 0; refusals < most_refusals; ++refusals) {
    const QueuedError error = take_queued_error(socket);
    if (!error.is_there) {
      return;
    }
    for (std::size_t number = 0; error.has_come_back && number < remotes_.count(); ++number) {
      if (Remote& remote = remotes_.at(number); remote.address.is_on(error.destination)) {
        remote.refused.add(1);
        break;
      }
    }
  }
}

}  // namespace tapswitch
