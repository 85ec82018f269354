// SPDX-License-Identifier: Apache-2.0
// packet_port.hpp: holds what ports on a packet socket have in common: they receive what comes in
// by an interface and send by it. A base class: which interface that is, and what else becomes of
// it, is up to the kind of port.
//
// Threads: as port.hpp says; everything it does not name is for the control thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "switch/frame/frame_view.hpp"
#include "switch/ports/packet/packet_socket.hpp"
#include "switch/ports/port.hpp"
#include "switch/system/route_socket.hpp"

namespace tapswitch {

class PacketPort : public Port {
 public:
  [[nodiscard]] int descriptor(std::size_t /*queue*/) const noexcept override {
    return socket_.descriptor();
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t /*queue*/, FrameBuffer& frame) noexcept override {
    return socket_.receive(frame);
  }
  void give_back(std::size_t queue) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    return socket_.send(frame);
  }
  [[nodiscard]] OffloadSet offloads() const noexcept override { return offloads_; }
  [[nodiscard]] std::size_t least_frame_size() const noexcept override {
    return FrameView::least_wire_size;
  }

  void keep_ledger(ingress_ledger* ledger) noexcept override {
    ledger_.store(ledger, std::memory_order_release);
  }

  // As far as the kernel can. The picture that workers have must have them too, before or after.
  void set_offloads(const OffloadSet& offloads);

 protected:
  // 'egress_drops' are those that the interface has counted before.
  PacketPort(PacketSocket socket, const OffloadSet& offloads, std::uint64_t egress_drops);

  [[nodiscard]] const PacketSocket& socket() const { return socket_; }

  // Returns the drops since the port was opened; 'told' is what the interface has counted.
  [[nodiscard]] KernelDrops drops(const InterfaceStatistics& told);

 private:
  PacketSocket socket_;
  OffloadSet offloads_;
  std::atomic<ingress_ledger*> ledger_ = nullptr;  // null: nobody wants to know
  std::uint64_t ingress_drops_ = 0;                // those the socket has told of, and forgotten
  std::uint64_t egress_drops_before_;              // of the interface when the port was opened
};

}  // namespace tapswitch
