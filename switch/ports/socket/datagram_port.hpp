// SPDX-License-Identifier: Apache-2.0
// datagram_port.hpp: the port whose far end is a program at a Unix datagram socket; each datagram
// is one frame. QEMU's '-netdev dgram' speaks so.
//
// Theory of operation: the socket is connected with nobody. Each frame is sent to the path of the
// other's socket, whoever has it by then, and taken from whoever may write to ours: so either side
// may come, go and come back at any time. That a path is looked up for each frame is the price.
//
// Frames to a socket of this process would come in again, and again: such a remote is refused, and
// one that comes to be such has no carrier from when that is noticed, by link().
//
// Limits: what the kernel queues at the other's socket, net.unix.max_dgram_qlen frames; then
// 'busy'.
#pragma once

#include <atomic>
#include <memory>

#include "switch/ports/port.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

class DatagramPort final : public Port {
 public:
  // Receives at 'local', whose file it makes, and sends to 'remote'; both must be paths.
  // 'mtu' is what link() says.
  [[nodiscard]] static KernelResult<std::unique_ptr<Port>> open(const SocketAddress& local,
                                                                const SocketAddress& remote,
                                                                const FileAccess& access,
                                                                std::uint32_t mtu);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return socket_.get();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  // The port has a carrier while somebody has a socket open at 'remote'.
  [[nodiscard]] LinkStatus link() const override;

 private:
  DatagramPort(PeerSocket socket, SocketFile file, const SocketAddress& remote, std::uint32_t mtu);

  PeerSocket socket_;
  SocketFile file_;
  SocketAddress remote_;
  const std::uint32_t mtu_;
  std::atomic<bool> is_gone_ = false;
  mutable std::atomic<bool> leads_home_ = false;  // when link() was asked last
};

}  // namespace tapswitch
