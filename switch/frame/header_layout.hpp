// SPDX-License-Identifier: Apache-2.0
// header_layout.hpp: where the headers of a frame lie that carries TCP or UDP.
//
// Looks through any number of VLAN tags, the options of IPv4, and of the extension headers of IPv6
// those that a super-frame may have: hop-by-hop options, routing, destination options.
// Limits: headers of at most 'max_header_size' bytes together. Every segment repeats them, so that
// a bound on them is a bound on the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tapswitch {

constexpr std::size_t max_header_size = 1'024;

// As IP numbers them.
enum class TransportKind : std::uint8_t { tcp = 6, udp = 17 };

// Offsets from the first byte of the frame.
struct HeaderLayout {
  std::size_t network = 0;
  std::size_t transport = 0;
  std::size_t payload = 0;
  bool is_ipv6 = false;
  TransportKind kind = TransportKind::tcp;
};

// Nullopt if the frame carries anything else, is an IP fragment, or if a header is incomplete. Does
// not look at the lengths that IP and UDP state.
[[nodiscard]] std::optional<HeaderLayout> find_headers(std::span<const std::byte> frame);

}  // namespace tapswitch
