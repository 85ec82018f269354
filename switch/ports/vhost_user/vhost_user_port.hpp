// SPDX-License-Identifier: Apache-2.0
// vhost_user_port.hpp: the port at which a virtual machine is plugged in by shared memory: QEMU,
// DPDK's virtio-user, and what else is a front end of the vhost-user protocol. One at a time; when
// it goes the port waits for the next. Needs no privilege.
//
// Theory of operation: the front end connects to a socket (or is connected to), passes the guest's
// memory and says where its rings are: all that is the control thread's (vhost_session.hpp). Frames
// are the workers': from a ring (ingress_ring.hpp), where they are lent, and into another
// (egress_ring.hpp). The descriptor of the port is an epoll set in which the guest's kicks are by
// edge; it stays readable until the ring was found empty and the guest was asked to kick, so that
// a worker which was interrupted comes back.
// A front end that says what cannot be is hung up on. Whose memory goes away while it is used, and
// who has a worker wait, has its port lost (ADRs 100 and 101).
//
// Limits: one front end, others wait in the kernel; one pair of queues; those of what it is made
// of. 'most_messages' of a front end before others of the control thread have their turn. Threads:
// as port.hpp and attended_port.hpp say.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "switch/ports/socket/attended_port.hpp"
#include "switch/ports/socket/stream_source.hpp"
#include "switch/ports/vhost_user/egress_ring.hpp"
#include "switch/ports/vhost_user/ingress_ring.hpp"
#include "switch/ports/vhost_user/vhost_message.hpp"
#include "switch/ports/vhost_user/vhost_session.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/epoll_set.hpp"
#include "switch/system/socket_address.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch {

struct VhostUserOptions {
  struct Listen {
    SocketAddress address;  // both are paths
  };
  struct Connect {
    SocketAddress address;
    std::chrono::seconds reconnect{1};  // after an end or a failure
  };

  std::variant<Listen, Connect> end;
  FileAccess access;      // to the file of a socket that is made
  std::uint32_t mtu = 0;  // what link() says; 0: none
};

class VhostUserPort final : public AttendedPort {
 public:
  static constexpr int most_messages = 16;

  [[nodiscard]] static KernelResult<std::unique_ptr<VhostUserPort>> open(
      const VhostUserOptions& options);
  VhostUserPort(const VhostUserPort&) = delete;
  VhostUserPort& operator=(const VhostUserPort&) = delete;
  ~VhostUserPort() override;

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return set_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  void give_back(std::size_t /*queue*/) noexcept override {
    heed_call(is_stalling_ || ingress_.give_back());
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] bool keeps_back() const noexcept override { return true; }
  void flush() noexcept override { heed_call(is_stalling_ || egress_.flush()); }
  [[nodiscard]] OffloadSet offloads() const noexcept override { return offloads_; }
  [[nodiscard]] LinkStatus link() const override;
  void heed_changes() noexcept override;

  [[nodiscard]] int bell() const noexcept override { return arrivals_.descriptor(); }
  void answer() override;

  // Returns why the last front end was hung up on; empty: none was.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Handles {
    EpollSet set;
    EpollSet arrivals;
    Bell flag = {};
    Bell bell = {};
  };

  VhostUserPort(Handles handles, std::unique_ptr<StreamSource> source, std::uint32_t mtu);

  // The worker calls these.
  [[nodiscard]] bool settle_down() noexcept;
  void report_broken() noexcept;
  // Any worker: 'is_done' is whether the guest could be called.
  void heed_call(bool is_done) noexcept {
    if (!is_done) {
      is_stalling_ = true;
      bell_.ring();
    }
  }

  // The rest is the control thread's.
  void welcome(PeerSocket newcomer);
  void hear();
  [[nodiscard]] bool hear_message();
  [[nodiscard]] bool act();
  void hang_up(std::string why);
  void lose(std::string why);
  void close_descriptors();
  void heed_source(bool is_heeded);

  const std::uint32_t mtu_;
  EpollSet set_;       // of the worker: kicks, and the flag
  EpollSet arrivals_;  // of the control thread
  const Bell flag_;
  const Bell bell_;
  std::atomic<bool> is_broken_ = false;    // the guest lies, and nobody has heeded it yet
  std::atomic<bool> is_stalling_ = false;  // the front end has us wait, likewise
  std::atomic<bool> is_lost_ = false;
  IngressRing ingress_;
  EgressRing egress_;

  std::unique_ptr<StreamSource> source_;
  VhostSession session_;
  PeerSocket connection_;
  VhostMessageReader reader_;
  std::array<UniqueFd, VhostMessage::most_regions>
      came_;  // with the message, the first 'came_count_'
  std::size_t came_count_ = 0;
  OffloadSet offloads_;
  std::string fault_;
};

}  // namespace tapswitch
