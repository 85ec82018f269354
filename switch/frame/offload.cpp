// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/offload.hpp"

#include <algorithm>
#include <cstring>

#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

// struct virtio_net_hdr: flags, kind, and four fields of 16 bits [virtio 1.2, 5.1.6].
constexpr std::size_t flags_at = 0;
constexpr std::size_t kind_at = 1;
constexpr std::size_t header_size_at = 2;
constexpr std::size_t segment_size_at = 4;
constexpr std::size_t checksum_start_at = 6;
constexpr std::size_t checksum_offset_at = 8;

constexpr std::uint8_t needs_checksum_flag = 1;
constexpr std::uint8_t data_valid_flag = 2;

constexpr std::uint8_t wire_none = 0;
constexpr std::uint8_t wire_tcp_ipv4 = 1;
constexpr std::uint8_t wire_tcp_ipv6 = 4;
constexpr std::uint8_t wire_udp = 5;
constexpr std::uint8_t wire_ecn_flag = 0x80;

// The shortest IP header. Linux takes no checksum that starts before its end.
constexpr std::size_t least_network_size = 20;

// A word can still state so much when a frame has been given two tags more.
constexpr std::size_t most_checksum_start = 0xffff - 2 * VlanTag::size;

// Linux keeps this size for a purpose of its own and takes it from nobody.
constexpr std::uint16_t reserved_segment_size = 0xffff;

constexpr std::size_t max_segment_count(TransportKind kind) {
  return kind == TransportKind::tcp ? max_tcp_segment_count : max_udp_segment_count;
}

std::optional<GsoKind> kind_from_wire(std::uint8_t kind) {
  switch (kind) {
    case wire_none:
      return GsoKind::none;
    case wire_tcp_ipv4:
      return GsoKind::tcp_ipv4;
    case wire_tcp_ipv6:
      return GsoKind::tcp_ipv6;
    case wire_udp:
      return GsoKind::udp;
    default:
      return std::nullopt;
  }
}

std::uint8_t kind_to_wire(GsoKind kind) {
  switch (kind) {
    case GsoKind::none:
      return wire_none;
    case GsoKind::tcp_ipv4:
      return wire_tcp_ipv4;
    case GsoKind::tcp_ipv6:
      return wire_tcp_ipv6;
    case GsoKind::udp:
      return wire_udp;
  }
  return wire_none;
}

// As most headers are: all that is not TCP or UDP of this machine has nothing left to finish.
bool is_all_zero(std::span<const std::byte, offload_header_size> header) {
  std::uint64_t begin = 0;
  std::uint16_t end = 0;
  std::memcpy(&begin, header.data(), sizeof begin);
  std::memcpy(&end, header.data() + sizeof begin, sizeof end);
  return (begin | end) == 0;
}

bool is_tcp(GsoKind kind) { return kind == GsoKind::tcp_ipv4 || kind == GsoKind::tcp_ipv6; }

bool has_checksum_inside(std::size_t size, const Layout& layout, const Offload& offload) {
  const std::size_t start = offload.checksum_start;
  return layout.has_network() && start >= layout.network() + least_network_size &&
         start <= most_checksum_start &&
         start + offload.checksum_offset + sizeof(std::uint16_t) <= size &&
         (!is_of_sctp(layout, offload) || start + sctp_size <= size);
}

bool matches(const HeaderLayout& headers, GsoKind kind) {
  switch (kind) {
    case GsoKind::none:
      return false;
    case GsoKind::tcp_ipv4:
      return headers.kind == TransportKind::tcp && !headers.is_ipv6;
    case GsoKind::tcp_ipv6:
      return headers.kind == TransportKind::tcp && headers.is_ipv6;
    case GsoKind::udp:
      return headers.kind == TransportKind::udp;
  }
  return false;
}

bool is_consistent_super_frame(std::size_t size, const Layout& layout, const Offload& offload) {
  const std::optional<HeaderLayout> headers = layout.headers();
  return headers && offload.needs_checksum && is_true_of(size, *headers, offload);
}

}  // namespace

// IPv6 does not count its own header, as IPv4 does.
bool fits_ip(std::size_t size, bool is_ipv6) {
  return size <= most_octets_of_ip + (is_ipv6 ? ipv6_size : 0);
}

bool is_true_of(std::size_t size, const HeaderLayout& headers, const Offload& offload) {
  return offload.segment_size != 0 && offload.segment_size != reserved_segment_size &&
         matches(headers, offload.gso) && fits_ip(size - headers.network, headers.is_ipv6) &&
         offload.checksum_start == headers.transport &&
         offload.checksum_offset == checksum_offset_in(headers.kind) &&
         size - headers.payload <= max_segment_count(headers.kind) * offload.segment_size;
}

std::optional<Offload> read_offload(std::span<const std::byte, offload_header_size> header,
                                    std::endian order) {
  if (is_all_zero(header)) {
    return Offload();
  }
  const auto flags = std::to_integer<std::uint8_t>(header[flags_at]);
  const auto wire_kind = std::to_integer<std::uint8_t>(header[kind_at]);
  const bool has_ecn = (wire_kind & wire_ecn_flag) != 0;
  const auto kind = kind_from_wire(static_cast<std::uint8_t>(wire_kind & ~wire_ecn_flag));
  if ((flags & ~(needs_checksum_flag | data_valid_flag)) != 0 || !kind ||
      (has_ecn && !is_tcp(*kind))) {
    return std::nullopt;
  }
  return Offload{.needs_checksum = (flags & needs_checksum_flag) != 0,
                 .is_verified = (flags & data_valid_flag) != 0,
                 .gso = *kind,
                 .has_ecn = has_ecn,
                 .header_size = load_16(&header[header_size_at], order),
                 .segment_size = load_16(&header[segment_size_at], order),
                 .checksum_start = load_16(&header[checksum_start_at], order),
                 .checksum_offset = load_16(&header[checksum_offset_at], order)};
}

void write_offload(const Offload& offload, std::span<std::byte, offload_header_size> header,
                   std::endian order) {
  header[flags_at] = static_cast<std::byte>((offload.needs_checksum ? needs_checksum_flag : 0) |
                                            (offload.is_verified ? data_valid_flag : 0));
  header[kind_at] =
      static_cast<std::byte>(kind_to_wire(offload.gso) | (offload.has_ecn ? wire_ecn_flag : 0));
  store_16(&header[header_size_at], offload.header_size, order);
  store_16(&header[segment_size_at], offload.segment_size, order);
  store_16(&header[checksum_start_at], offload.checksum_start, order);
  store_16(&header[checksum_offset_at], offload.checksum_offset, order);
}

bool is_consistent(std::size_t size, const Layout& layout, const Offload& offload) {
  if (offload.header_size > size ||
      (offload.needs_checksum && !has_checksum_inside(size, layout, offload))) {
    return false;
  }
  return offload.gso == GsoKind::none || is_consistent_super_frame(size, layout, offload);
}

bool is_of_sctp(const Layout& layout, const Offload& offload) {
  return offload.checksum_offset == sctp_checksum &&
         layout.transport(sctp_protocol) == offload.checksum_start;
}

std::size_t wire_size(std::size_t size, const std::optional<HeaderLayout>& headers,
                      const Offload& offload) {
  if (offload.gso == GsoKind::none) {
    return size;
  }
  return headers ? std::min(size, headers->payload + offload.segment_size) : size;
}

}  // namespace tapswitch
