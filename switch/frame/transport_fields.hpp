// SPDX-License-Identifier: Apache-2.0
// transport_fields.hpp: tells where the fields of IPv4, IPv6, TCP, UDP and SCTP stand, each from
// the first octet of its header; and how IP states the length of a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/layout.hpp"
#include "switch/frame/octets.hpp"

namespace tapswitch {

// IP can state no greater length.
constexpr std::size_t most_octets_of_ip = 65'535;

constexpr std::size_t ipv4_total_length = 2;
constexpr std::size_t ipv4_identification = 4;
constexpr std::size_t ipv4_fragment = 6;
constexpr std::size_t ipv4_protocol = 9;
constexpr std::size_t ipv4_checksum = 10;
constexpr std::size_t ipv4_addresses = 12;
constexpr std::size_t ipv6_payload_length = 4;
constexpr std::size_t ipv6_next_header = 6;
constexpr std::size_t ipv6_addresses = 8;
constexpr std::size_t ipv6_address_size = 16;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t tcp_sequence = 4;
constexpr std::size_t tcp_acknowledgment = 8;
constexpr std::size_t tcp_flags = 13;
constexpr std::size_t tcp_window = 14;
constexpr std::size_t tcp_checksum = 16;
constexpr std::size_t tcp_urgent = 18;
constexpr std::size_t udp_size = 8;
constexpr std::size_t udp_length = 4;
constexpr std::size_t udp_checksum = 6;
constexpr std::size_t sctp_checksum = 8;
constexpr std::size_t sctp_size = 12;

// As IP numbers it.
constexpr std::uint8_t sctp_protocol = 132;

constexpr std::byte tcp_fin{0x01};
constexpr std::byte tcp_psh{0x08};
constexpr std::byte tcp_ack{0x10};
constexpr std::byte tcp_ece{0x40};
constexpr std::byte tcp_cwr{0x80};

// Returns how long IP, whose header 'ip' begins with, says that all is from that header on.
// Requires: the header is there.
[[nodiscard]] inline std::size_t stated_ip_size(std::span<const std::byte> ip) {
  const bool is_ipv6 = std::to_integer<unsigned>(ip[0]) >> 4 == 6;
  return is_ipv6 ? ipv6_size + load_16(&ip[ipv6_payload_length]) : load_16(&ip[ipv4_total_length]);
}

// Writes how long 'frame', with headers that lie so, is into its IP header, and what is to be right
// then: the checksum of an IPv4 header.
void write_ip_length(std::span<std::byte> frame, const HeaderLayout& headers);

// The same for a segment with the headers of a super-frame, of which it is the one of number
// 'index'.
void write_ip_of_segment(std::span<std::byte> segment, const HeaderLayout& headers,
                         std::uint16_t index);

}  // namespace tapswitch
