// SPDX-License-Identifier: Apache-2.0
// transport_fields.hpp: tells where the fields of IPv4, IPv6, TCP and UDP stand, each from the
// first octet of its header; and how IP states the length of a frame.
#pragma once

#include <cstddef>
#include <span>

#include "switch/frame/layout.hpp"

namespace tapswitch {

constexpr std::size_t ipv4_total_length = 2;
constexpr std::size_t ipv4_identification = 4;
constexpr std::size_t ipv4_fragment = 6;
constexpr std::size_t ipv4_protocol = 9;
constexpr std::size_t ipv4_checksum = 10;
constexpr std::size_t ipv4_addresses = 12;
constexpr std::size_t ipv6_payload_length = 4;
constexpr std::size_t ipv6_next_header = 6;
constexpr std::size_t ipv6_addresses = 8;
constexpr std::size_t ipv6_size = 40;
constexpr std::size_t tcp_sequence = 4;
constexpr std::size_t tcp_acknowledgment = 8;
constexpr std::size_t tcp_flags = 13;
constexpr std::size_t tcp_window = 14;
constexpr std::size_t tcp_checksum = 16;
constexpr std::size_t tcp_urgent = 18;
constexpr std::size_t udp_length = 4;
constexpr std::size_t udp_checksum = 6;

constexpr std::byte tcp_fin{0x01};
constexpr std::byte tcp_psh{0x08};
constexpr std::byte tcp_ack{0x10};
constexpr std::byte tcp_ece{0x40};
constexpr std::byte tcp_cwr{0x80};

// Writes how long 'frame', with headers that lie so, is into its IP header, and what is to be right
// then: the checksum of an IPv4 header.
void write_ip_length(std::span<std::byte> frame, const HeaderLayout& headers);

}  // namespace tapswitch
