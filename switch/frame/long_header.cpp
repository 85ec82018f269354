// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/long_header.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

// struct virtio_net_hdr_v1_hash_tunnel [virtio 1.4, 5.1.6].
constexpr std::size_t flags_of_long_header = 0;
constexpr std::size_t kind_of_long_header = 1;
constexpr std::size_t outer_transport_at = 20;
constexpr std::size_t inner_network_at = 22;

constexpr std::byte outer_checksum_flag{8};  // the outer UDP has a checksum
constexpr std::byte in_udp_over_ipv4{0x20};
constexpr std::byte in_udp_over_ipv6{0x40};

}  // namespace

std::optional<Offload> read_long_header(std::span<const std::byte, long_header_size> header) {
  std::array<std::byte, offload_header_size> plain;
  copy_octets(header.first<offload_header_size>(), plain.data());
  plain[flags_of_long_header] &= ~outer_checksum_flag;
  plain[kind_of_long_header] &= ~(in_udp_over_ipv4 | in_udp_over_ipv6);
  return read_offload(plain);
}

void write_long_header(const FrameBuffer& frame, std::span<std::byte, long_header_size> header) {
  write_offload(frame.offload(), header.first<offload_header_size>());
  std::ranges::fill(header.subspan<offload_header_size>(), std::byte{0});
  if (!frame.offload().is_tunnelled()) [[likely]] {
    return;
  }
  const Tunnel& tunnel = frame.tunnel();
  const std::size_t network = frame.layout().network();
  const std::size_t transport = network + tunnel.transport;
  header[kind_of_long_header] |= tunnel.is_ipv6 ? in_udp_over_ipv6 : in_udp_over_ipv4;
  if (load_16(&frame.head()[transport + udp_checksum]) != 0) {
    header[flags_of_long_header] |= outer_checksum_flag;
  }
  store_16(&header[outer_transport_at], as_word(transport), std::endian::little);
  store_16(&header[inner_network_at], as_word(tunnel.inner_behind(network).network),
           std::endian::little);
}

}  // namespace tapswitch
