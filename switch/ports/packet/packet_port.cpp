// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/packet/packet_port.hpp"

#include <utility>

#include "switch/ports/interface_link.hpp"

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
