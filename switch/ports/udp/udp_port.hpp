// SPDX-License-Identifier: Apache-2.0
// udp_port.hpp: the port whose far end is a program at a UDP socket; each datagram is one frame,
// with nothing before it. So speak GNS3, Dynamips, VPCS, QEMU and VirtualBox.
//
// Theory of operation: the socket is bound and not connected. So the port sees what strangers send,
// and can count it; and it can be opened before there is a way to the remote. What the kernel is
// told of datagrams that have left (ICMP: nobody listens there) it queues beside what comes in
// (IP_RECVERR); receive() looks there when it was called and nothing had come, for the kernel calls
// until somebody has. A datagram is never forbidden to be fragmented on its way.
// A socket of this process is refused as the remote: frames would come in again, without end.
//
// Limits: 'buffer_bytes' of frames wait to be received, beyond which the kernel drops and counts;
// as many wait to leave, beyond which send() says busy. A datagram has 65,507 bytes over IPv4,
// 65,527 over IPv6. Threads: as port.hpp says.
#pragma once

#include <cstdint>
#include <memory>

#include "switch/ports/port.hpp"
#include "switch/ports/socket/udp_socket.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/socket_address.hpp"

namespace tapswitch {

struct UdpOptions {
  SocketAddress local;  // both are of one version of IP
  SocketAddress remote;
  std::uint32_t mtu = 0;  // what link() says; 0: none
};

class UdpPort final : public Port {
 public:
  static constexpr int buffer_bytes = 4 << 20;

  [[nodiscard]] static KernelResult<std::unique_ptr<UdpPort>> open(const UdpOptions& options);

  // The socket that another process had, or has still: of what comes in each then receives a part.
  [[nodiscard]] static std::unique_ptr<UdpPort> inherit(UniqueFd socket, const UdpOptions& options);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return socket_.get();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  // Tells of a frame that has left and was not taken at the other end.
  [[nodiscard]] SendStatus unsent_status() const noexcept override { return SendStatus::link_down; }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return FrameView::least_wire_size;
  }
  // Always up: nobody tells whether anybody is there.
  [[nodiscard]] LinkStatus link() const override;
  [[nodiscard]] KernelDrops read_drops(LinkReader& /*reader*/,
                                       std::optional<int> /*index*/) override {
    return drops_.read();
  }

 private:
  UdpPort(UniqueFd socket, const UdpOptions& options);

  [[nodiscard]] bool take_refusal() const noexcept;

  const UniqueFd socket_;
  const OwnInternetSocket own_;
  const SocketAddress remote_;
  const std::uint32_t mtu_;
  bool was_empty_ = false;  // when receive() was called last
  SocketDrops drops_;       // the control thread's
};

}  // namespace tapswitch
