// SPDX-License-Identifier: Apache-2.0
// vxlan_port.hpp: the port whose far end is a virtual network over IP [RFC 7348]: the frames of one
// VNI, to and from one remote or several.
//
// Theory of operation: what is for a group, or for a station of which nobody knows where it is,
// leaves to each remote; the rest to the remote behind which the station was heard, which an FDB of
// the port's own tells. So the switch knows one port, as it does with a vxlan device of Linux. What
// comes from a remote never leaves to another: a port sends nothing back by itself.
// Frames are taken from remotes alone, and those are told by the user unless the port learns them.
// A super-frame is cut by the port itself, so that its segments leave as one message to the kernel
// (vxlan_sender.hpp); datagrams that came together are joined here again.
// A datagram is not forbidden to be fragmented, but no frame leaves that would make one which does
// not fit the way, unless the user has told an MTU.
//
// Limits: those of remotes.hpp; 'most_stations' stations are known behind remotes, what is for
// others leaves to all. 'buffer_bytes' of frames wait to be received, beyond which the kernel drops
// and counts. Threads: as port.hpp says.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "switch/forwarding/fdb.hpp"
#include "switch/frame/joining.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/socket/udp_socket.hpp"
#include "switch/ports/vxlan/flow_sockets.hpp"
#include "switch/ports/vxlan/remotes.hpp"
#include "switch/ports/vxlan/vni_socket.hpp"
#include "switch/ports/vxlan/vxlan_header.hpp"
#include "switch/ports/vxlan/vxlan_inbox.hpp"
#include "switch/ports/vxlan/vxlan_sender.hpp"

namespace tapswitch {

struct VxlanOptions {
  Vni vni = 0;
  SocketAddress local;                         // with the port of UDP that all of them have
  std::vector<SocketAddress> remotes = {};     // of the same version of IP
  bool learns_remotes = false;                 // whoever sends becomes one
  std::optional<PortRange> source_ports = {};  // nullopt: what the kernel has free
  std::optional<int> ttl = {};                 // nullopt: as the host has it
  std::optional<int> tos = {};                 // nullopt: 0
  bool inherits_tos = false;                   // of the frame, without its marks of congestion
  bool has_checksum = true;                    // of UDP, over IPv4
  std::uint32_t mtu = 0;                       // 0: what fits the ways to the remotes
};

class VxlanPort final : public Port {
 public:
  static constexpr std::size_t most_stations = 16'384;
  static constexpr std::chrono::seconds station_ageing{300};

  [[nodiscard]] static KernelResult<std::unique_ptr<VxlanPort>> open(const VxlanOptions& options);

  // With the socket that another process had, or has still, at 'place' (VniSocket).
  [[nodiscard]] static KernelResult<std::unique_ptr<VxlanPort>> inherit(
      UniqueFd socket, std::size_t place, const VxlanOptions& options);

  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return socket_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] bool has_more(std::size_t /*queue*/) const noexcept override {
    return !inbox_.is_empty();
  }
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  // All of them are finished here, where the pieces are.
  [[nodiscard]] OffloadSet offloads() const noexcept override { return all_offloads; }
  // Always up: nobody tells whether anybody is there.
  [[nodiscard]] LinkStatus link() const override;
  // Asks the kernel about the ways to some of the remotes.
  void heed_changes() noexcept override { look_at_ways(); }
  [[nodiscard]] KernelDrops read_drops(LinkReader& /*reader*/,
                                       std::optional<int> /*index*/) override {
    return drops_.read();
  }

  // Whether it is noted behind which remote a station was heard.
  void set_learning(bool is_on) noexcept { is_learning_.store(is_on, std::memory_order_relaxed); }
  void leave_to_other(bool is_left) noexcept { socket_.leave(is_left); }
  [[nodiscard]] std::size_t place() const { return socket_.place(); }
  [[nodiscard]] const Remotes& remotes() const noexcept { return remotes_; }
  // Null: there is no choice. A station's port there is the number of its remote.
  [[nodiscard]] Fdb* stations() const noexcept { return stations_.get(); }
  // The most payload that leaves in a frame; 0: nobody knows yet.
  [[nodiscard]] std::uint32_t mtu() const noexcept;

 private:
  using Targets = std::array<std::uint16_t, Remotes::most + Remotes::most_learned>;

  VxlanPort(VniSocket socket, FlowSockets flows, const VxlanOptions& options);
  [[nodiscard]] static KernelResult<std::unique_ptr<VxlanPort>> complete(
      VniSocket socket, const VxlanOptions& options);

  [[nodiscard]] ReceiveStatus take_from(VxlanInbox::Row& row, FrameBuffer& frame) noexcept;
  void join_those_behind(Remote& remote) noexcept;
  void learn_station(const FrameBuffer& frame, std::size_t remote) noexcept;

  [[nodiscard]] SendStatus send_cut(FrameBuffer& frame) noexcept;
  [[nodiscard]] std::span<const std::uint16_t> targets_of(const FrameBuffer& frame,
                                                          Targets& numbers) const noexcept;
  [[nodiscard]] Shipment shipment_of(const FrameBuffer& frame) const noexcept;
  [[nodiscard]] bool is_too_long(std::size_t size) const noexcept;
  void look_at_ways() noexcept;

  const VxlanOptions options_;
  const bool is_ipv6_;
  VniSocket socket_;
  const FlowSockets flows_;
  Remotes remotes_;
  const VxlanSender sender_;
  const std::unique_ptr<Fdb> stations_;
  std::atomic<bool> is_learning_ = true;
  std::atomic<std::uint32_t> way_mtu_ = 0;  // of the narrowest; 0: none is known

  // The worker that receives has this and what follows.
  VxlanInbox inbox_;
  TimePoint now_{};  // when the inbox was filled
  Joiner joiner_;
  FrameBuffer next_;  // that may continue what is being joined

  // The control thread has this and the next.
  SocketDrops drops_;
  std::size_t next_way_ = 0;  // to look at
};

}  // namespace tapswitch
