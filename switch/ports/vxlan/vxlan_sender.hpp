// SPDX-License-Identifier: Apache-2.0
// vxlan_sender.hpp: sends datagrams of a tunnel, each to one remote or to several.
//
// Theory of operation: what goes to several remotes is one batch of messages to the kernel, which
// all point to the same bytes. Datagrams of one size that go to one remote together are one message
// of which the kernel makes datagrams again as late as it can (UDP_SEGMENT); where it refuses that,
// they are as many messages of one batch.
// What was said against earlier datagrams the kernel tells as the error of the next call by the
// same socket; that is counted for the remote that it is about, and the call is tried again.
// Limits: 'most_at_once' messages a system call, 'most_joined' datagrams a message. Threads: any.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/ports/port.hpp"
#include "switch/ports/vxlan/remotes.hpp"

namespace tapswitch {

// Datagrams that leave by one socket. Several of them are one piece.
struct Shipment {
  int socket = -1;
  std::span<iovec> pieces = {};   // their bytes, one behind the other
  std::size_t size = 0;           // of all of them
  std::size_t datagram_size = 0;  // of each but the last, which may be shorter
  std::size_t count = 1;
  std::optional<int> tos = {};  // nullopt: as the socket has it
};

class VxlanSender {
 public:
  static constexpr std::size_t most_at_once = 256;
  // Linux before 6.9 refuses more (UDP_MAX_SEGMENTS).
  static constexpr std::size_t most_joined = 64;

  // 'remotes' must outlive it. 'joins': datagrams of one size may leave as one message.
  VxlanSender(const Remotes& remotes, bool is_ipv6, bool joins)
      : remotes_(remotes), is_ipv6_(is_ipv6), joins_(joins) {}

  // Sends it to the remotes of those numbers. Returns 'sent' if it has left for one of them at
  // least; else why not.
  [[nodiscard]] SendStatus send(const Shipment& shipment,
                                std::span<const std::uint16_t> to) const noexcept;

 private:
  [[nodiscard]] SendStatus send_apart(const Shipment& shipment, Remote& remote) const noexcept;
  void note_refusals(int socket) const noexcept;

  const Remotes& remotes_;
  const bool is_ipv6_;
  const bool joins_;
};

}  // namespace tapswitch
