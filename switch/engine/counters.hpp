// SPDX-License-Identifier: Apache-2.0
// counters.hpp: counts, without two threads ever writing the same cache line.
//
// Each worker has counters of its own for each port and each VLAN; whoever asks adds them up. They
// are 64 bits wide and never reset. Names and meaning follow RFC 2863: 'in' is what came in by the
// port; octets are those of the frame without its checksum.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "switch/forwarding/drop_reason.hpp"
#include "switch/forwarding/flood_kind.hpp"
#include "switch/frame/mac_address.hpp"

namespace tapswitch {

// Written by one thread, read by any.
class Counter {
 public:
  void add(std::uint64_t count) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// To whom a frame is addressed.
enum class AddressKind : std::uint8_t { unicast, multicast, broadcast };
constexpr std::size_t address_kind_count = 3;

constexpr AddressKind kind_of(MacAddress destination) {
  if (!destination.is_group()) {
    return AddressKind::unicast;
  }
  return destination.is_broadcast() ? AddressKind::broadcast : AddressKind::multicast;
}

// 'Number' is Counter where a worker counts and std::uint64_t in a sum.
template <typename Number>
struct BasicPortCounters {
  // All that was received, also what was dropped then (ifHCInOctets).
  Number in_octets{};
  // Received and passed on to other ports, by address kind (ifHCInUcastPkts and so on).
  std::array<Number, address_kind_count> in_frames{};
  // Sent (ifHCOutOctets).
  Number out_octets{};
  // Meant to leave by this port, also if dropped then, by address kind (ifHCOutUcastPkts...).
  std::array<Number, address_kind_count> out_frames{};
  // By reason, at ingress (ifInDiscards, ifInErrors) or egress (ifOutDiscards, ifOutErrors).
  std::array<Number, drop_reason_count> drops{};
  // Storm control has dropped so many of those, by FloodKind.
  std::array<Number, flood_kind_count> storm_drops{};
};

// Frames that came in and were found to belong to a VLAN.
template <typename Number>
struct BasicVlanCounters {
  Number in_frames{};
  Number in_octets{};
};

struct alignas(64) PortCounters : BasicPortCounters<Counter> {
  void drop(DropReason reason) { drops[static_cast<std::size_t>(reason)].add(1); }
};
using VlanCounters = BasicVlanCounters<Counter>;

using PortTotals = BasicPortCounters<std::uint64_t>;
using VlanTotals = BasicVlanCounters<std::uint64_t>;

inline void add(PortTotals& sum, const PortCounters& part) {
  sum.in_octets += part.in_octets.value();
  sum.out_octets += part.out_octets.value();
  for (std::size_t kind = 0; kind < address_kind_count; ++kind) {
    sum.in_frames[kind] += part.in_frames[kind].value();
    sum.out_frames[kind] += part.out_frames[kind].value();
  }
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    sum.drops[reason] += part.drops[reason].value();
  }
  for (std::size_t kind = 0; kind < flood_kind_count; ++kind) {
    sum.storm_drops[kind] += part.storm_drops[kind].value();
  }
}

inline void add(VlanTotals& sum, const VlanCounters& part) {
  sum.in_frames += part.in_frames.value();
  sum.in_octets += part.in_octets.value();
}

}  // namespace tapswitch
