// SPDX-License-Identifier: Apache-2.0
// vxlan_header.hpp: the eight bytes that stand before a frame in a datagram of VXLAN [RFC 7348 5].
//
//   flags, of which one says that there is a VNI | 24 bits reserved | 24 bits VNI | 8 bits reserved
//
// What is reserved is sent as zero and not looked at [RFC 7348 5].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/frame/octets.hpp"

namespace tapswitch {

// The number of a virtual network has 24 bits.
using Vni = std::uint32_t;
constexpr Vni most_vni = (1U << 24) - 1;

constexpr std::size_t vxlan_header_size = 8;
constexpr std::uint16_t vxlan_udp_port = 4789;

// So much stands around a frame on its way: headers of UDP and VXLAN, and of IP without options.
constexpr std::size_t vxlan_overhead_ipv4 = 20 + 8 + vxlan_header_size;
constexpr std::size_t vxlan_overhead_ipv6 = 40 + 8 + vxlan_header_size;

inline void write_vxlan_header(std::span<std::byte, vxlan_header_size> header, Vni vni) {
  constexpr std::uint32_t has_vni = 0x0800'0000;
  store_32(header.data(), has_vni);
  store_32(&header[4], vni << 8);
}

// Returns whose frame follows. Nullopt: 'datagram' has no such header, or one without a VNI.
[[nodiscard]] inline std::optional<Vni> read_vxlan_header(std::span<const std::byte> datagram) {
  constexpr std::byte has_vni{0x08};
  if (datagram.size() < vxlan_header_size || (datagram[0] & has_vni) == std::byte{0}) {
    return std::nullopt;
  }
  return load_32(&datagram[4]) >> 8;
}

}  // namespace tapswitch
