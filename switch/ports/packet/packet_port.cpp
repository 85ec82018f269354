// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/packet/packet_port.hpp"

#include <chrono>
#include <utility>

#include "switch/ports/ingress_ledger.h"
#include "switch/ports/interface_link.hpp"
#include "switch/ports/ledger_time.hpp"

namespace tapswitch {
namespace {

OffloadSet common(const OffloadSet& a, const OffloadSet& b) {
  return {.checksum = a.checksum && b.checksum,
          .tso4 = a.tso4 && b.tso4,
          .tso6 = a.tso6 && b.tso6,
          .tso_ecn = a.tso_ecn && b.tso_ecn,
          .uso = a.uso && b.uso};
}

}  // namespace

PacketPort::PacketPort(PacketSocket socket, const OffloadSet& offloads, std::uint64_t egress_drops)
    : socket_(std::move(socket)),
      offloads_(common(offloads, socket_.offloads())),
      egress_drops_before_(egress_drops) {}

// The time comes first: what is counted after it holds for it.
void PacketPort::give_back(std::size_t /*queue*/) noexcept {
  ingress_ledger* const ledger = ledger_.load(std::memory_order_acquire);
  if (ledger == nullptr) {
    return;
  }
  const std::uint64_t now = ledger_time(std::chrono::steady_clock::now());
  const std::uint64_t queued = std::atomic_ref(ledger->queued).load();
  if (queued >= std::atomic_ref(ledger->left).load() && socket_.is_empty()) {
    std::atomic_ref(ledger->drained).store(now);
  }
}

void PacketPort::set_offloads(const OffloadSet& offloads) {
  offloads_ = common(offloads, socket_.offloads());
}

// Frames that come in by the interface wait at the socket; what the switch sends the interface
// transmits.
KernelDrops PacketPort::drops(const InterfaceStatistics& told) {
  ingress_drops_ += socket_.take_drops();
  return {.ingress = ingress_drops_,
          .egress = since(told.transmitted_dropped, egress_drops_before_)};
}

}  // namespace tapswitch
