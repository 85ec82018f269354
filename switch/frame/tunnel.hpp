// SPDX-License-Identifier: Apache-2.0
// tunnel.hpp: tells where the headers lie of a super-frame that is to be cut inside a tunnel, and
// what of the headers around it each segment has anew.
//
// Theory of operation: a virtio-net header of 10 bytes has no word for tunnels. It says where the
// checksum begins that is unfinished, and there the innermost TCP or UDP begins. So what follows
// the first IP header is taken for one kind of tunnel after the other, and the kind is found by
// which TCP or UDP lies just there. Neither the number of a UDP port nor a setting is asked.
// Knows VXLAN, Geneve, GUE and FOU in UDP, GRE (with Ethernet or IP inside), IP in IP, and MPLS
// labels, which are no tunnel and have nothing that differs.
// Limits: one tunnel, not one in another; GRE without sequence numbers, as Linux cuts it; all
// headers together have at most 'max_header_size' bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/frame/layout.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch {

// Offsets from what follows the EtherType behind all tags, which a tag that is put on or taken off
// leaves as they are.
struct Tunnel {
  // Each holds the inner frame, and states a length or a checksum of its own, or none.
  enum class Carrier : std::uint8_t { labels, ip, udp, gre };

  Carrier carrier = Carrier::labels;
  bool is_ipv6 = false;         // the outer IP; without meaning for labels
  std::uint16_t transport = 0;  // of the outer IP; likewise
  HeaderLayout inner{};

  bool operator==(const Tunnel&) const = default;

  // The inner headers, from the first byte of the frame whose 'network' lies so.
  [[nodiscard]] HeaderLayout inner_behind(std::size_t network) const {
    HeaderLayout headers = inner;
    headers.network += network;
    headers.transport += network;
    headers.payload += network;
    return headers;
  }
};

// Finds the tunnel in a frame of 'size' bytes which begins with 'head', if the super-frame that
// 'offload' tells of lies in one and the offload tells the truth about it. See is_consistent().
[[nodiscard]] std::optional<Tunnel> find_tunnel(std::span<const std::byte> head, std::size_t size,
                                                const Layout& layout, const Offload& offload);

// Writes into the headers around 'segment' what differs from segment to segment: the length and
// identification of the outer IP, of which it is the one of number 'index'; length and checksum of
// UDP, the checksum of GRE. Requires: all inside is as it is to be.
void write_around(std::span<std::byte> segment, std::size_t network, const Tunnel& tunnel,
                  std::uint16_t index);

// The same for several segments in the payload of one UDP, of which the first has that number; the
// checksum of that UDP is left unfinished. Requires: it has one.
void write_around_datagrams(std::span<std::byte> segments, std::size_t network,
                            const Tunnel& tunnel, std::uint16_t index);

}  // namespace tapswitch
