// SPDX-License-Identifier: Apache-2.0
// datagram_port.hpp: the port whose far end is a program at a Unix datagram socket; each datagram
// is one frame. QEMU's '-netdev dgram' speaks so.
//
// Theory of operation: frames are sent to whoever has the remote file, and taken from whoever may
// write to ours; so either side may come, go and come back at any time. Who has the file is looked
// up by a thread that may wait, which connects a socket to it (datagram_sender.hpp): at the start,
// with every heed_changes(), and when the worker has found that somebody has come or gone.
//
// Frames to a socket of this process would come in again, and again: such a remote is refused, and
// one that comes to be such is not sent to once that is found.
//
// Limits: what the kernel queues at the other's socket, net.unix.max_dgram_qlen frames; then
// 'busy'. One look at a time; the worker asks for one between two calls of heed_changes().
#pragma once

#include <atomic>
#include <memory>

#include "switch/ports/socket/attended_port.hpp"
#include "switch/ports/socket/datagram_sender.hpp"
#include "switch/system/slow_task.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

class DatagramPort final : public AttendedPort {
 public:
  // Receives at 'local', whose file it makes, and sends to 'remote'; both must be paths.
  // 'mtu' is what link() says.
  [[nodiscard]] static KernelResult<std::unique_ptr<AttendedPort>> open(const SocketAddress& local,
                                                                        const SocketAddress& remote,
                                                                        const FileAccess& access,
                                                                        std::uint32_t mtu);
  DatagramPort(const DatagramPort&) = delete;
  DatagramPort& operator=(const DatagramPort&) = delete;
  ~DatagramPort() override;

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return sender_->own().get();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return FrameView::least_wire_size;
  }
  // The port has a carrier while somebody has a socket open at 'remote', as far as is known.
  [[nodiscard]] LinkStatus link() const override;
  void heed_changes() noexcept override;

  [[nodiscard]] int bell() const noexcept override { return bell_->descriptor(); }
  void answer() override;

 private:
  // Looks who is at the remote file.
  struct Look {
    void carry_out() noexcept { sender->connect(); }

    std::shared_ptr<DatagramSender> sender;
  };

  DatagramPort(SocketFile file, std::shared_ptr<DatagramSender> sender, SharedBell bell,
               std::uint32_t mtu);

  void look() noexcept;
  void ask_for_look() noexcept;

  const std::shared_ptr<DatagramSender> sender_;  // shared with the thread that looks
  const SharedBell bell_;
  SocketFile file_;
  const std::uint32_t mtu_;
  std::unique_ptr<SlowTask<Look>> look_;
  std::atomic<bool> may_ask_ = true;     // the worker, for a look
  std::atomic<bool> is_wanted_ = false;  // and it has
  std::atomic<bool> is_gone_ = false;
};

}  // namespace tapswitch
