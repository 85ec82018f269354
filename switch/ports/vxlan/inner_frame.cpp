// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/inner_frame.hpp"

#include <algorithm>

#include "switch/frame/checksum.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::uint8_t marks = 0x03;  // of congestion, in the class of IP [RFC 3168 5]
constexpr std::uint8_t met_congestion = 0x03;

enum class IpVersion : std::uint8_t { none, ipv4, ipv6 };

// Returns none where the header of IP is not all there.
IpVersion ip_version_of(const FrameBuffer& frame) {
  const std::span<const std::byte> head = frame.head();
  const std::size_t network = frame.layout().network();
  if (network == 0) {
    return IpVersion::none;
  }
  const std::uint16_t type = load_16(&head[network - 2]);
  if (type == ether_type_ipv4 && head.size() >= network + ipv4_addresses) {
    return IpVersion::ipv4;
  }
  return type == ether_type_ipv6 && head.size() >= network + ipv6_size ? IpVersion::ipv6
                                                                       : IpVersion::none;
}

// The class is the second byte of IPv4, and lies across two of IPv6.
std::uint8_t class_of(const FrameBuffer& frame, IpVersion version) {
  const std::span<const std::byte> ip = frame.head().subspan(frame.layout().network());
  return version == IpVersion::ipv4 ? std::to_integer<std::uint8_t>(ip[1])
                                    : static_cast<std::uint8_t>(load_16(ip.data()) >> 4);
}

}  // namespace

bool states_size(const FrameBuffer& frame, std::size_t size) {
  const std::size_t network = frame.layout().network();
  return ip_version_of(frame) != IpVersion::none && size > network &&
         stated_ip_size(frame.head().subspan(network)) == size - network;
}

void find_unfinished(FrameBuffer& frame, std::uint32_t mtu,
                     std::optional<std::uint16_t> segment_size) {
  const std::optional<HeaderLayout> headers = frame.layout().headers();
  if (!headers) {
    return;
  }
  const std::span<const std::byte> bytes = frame.head();
  const std::size_t offset = checksum_offset_in(headers->kind);
  const std::size_t end = headers->network + stated_ip_size(bytes.subspan(headers->network));
  if (end > bytes.size() || end < headers->payload) {
    return;
  }
  ChecksumSum sum = sum_of_pseudo_header(bytes, *headers, end - headers->transport);
  if (load_16(&bytes[headers->transport + offset]) != sum.folded()) {
    return;
  }
  constexpr std::uint16_t right = 0xffff;
  sum.add(bytes.subspan(headers->transport, end - headers->transport));
  if (sum.folded() == right) {
    return;  // by chance
  }
  Offload offload{.needs_checksum = true,
                  .header_size = as_word(headers->payload),
                  .checksum_start = as_word(headers->transport),
                  .checksum_offset = as_word(offset)};
  const std::size_t ip_size = bytes.size() - headers->network;
  const std::size_t header_size = headers->payload - headers->network;
  if (headers->kind == TransportKind::udp) {
    if (segment_size) {
      offload.gso = GsoKind::udp;
      offload.segment_size = *segment_size;
    }
  } else if (mtu > header_size && ip_size > mtu) {
    offload.gso = headers->is_ipv6 ? GsoKind::tcp_ipv6 : GsoKind::tcp_ipv4;
    offload.segment_size = as_word(mtu - header_size);
  }
  frame.set_offload(offload);
}

void take_in_marks(FrameBuffer& frame, std::uint8_t outer_tos) {
  if ((outer_tos & marks) != met_congestion) {
    return;
  }
  const IpVersion version = ip_version_of(frame);
  if (version == IpVersion::none || (class_of(frame, version) & marks) == 0) {
    return;
  }
  const std::size_t network = frame.layout().network();
  const std::span<std::byte> ip = frame.make_whole().subspan(network);
  const std::uint16_t before = load_16(ip.data());
  const unsigned marked = before | static_cast<unsigned>(met_congestion)
                                       << (version == IpVersion::ipv4 ? 0 : 4);
  store_16(ip.data(), static_cast<std::uint16_t>(marked));
  if (version == IpVersion::ipv4) {
    ChecksumSum sum;
    sum.add(static_cast<std::uint16_t>(~load_16(&ip[ipv4_checksum])));
    sum.subtract(before);
    sum.add(static_cast<std::uint16_t>(marked));
    store_16(&ip[ipv4_checksum], sum.checksum());
  }
}

int service_class(const FrameBuffer& frame) {
  const IpVersion version = ip_version_of(frame);
  return version == IpVersion::none ? 0 : class_of(frame, version) & ~marks;
}

}  // namespace tapswitch
