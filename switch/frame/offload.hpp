// SPDX-License-Identifier: Apache-2.0
// offload.hpp: tells what a frame's sender left for its receiver to finish: a checksum, or the
// cutting of a super-frame into segments. And how a virtio-net header says so on a TAP.
//
// The wire format is our own code, because <linux/virtio_net.h> of Debian 12 is not C++. It is the
// ten bytes of struct virtio_net_hdr, little-endian on every machine unless said otherwise: a TAP
// must be told so (TUNSETVNETLE), a packet socket cannot be and has the order of the machine.
// Limits: TCP over IPv4 and IPv6, and UDP as datagrams of equal size (USO). The older cutting of
// UDP into IP fragments (UFO) is an unknown kind.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/frame/layout.hpp"

namespace tapswitch {

// The kind of a super-frame says how it is to be cut.
enum class GsoKind : std::uint8_t { none, tcp_ipv4, tcp_ipv6, udp };

// Whether a super-frame is to be cut inside a tunnel (tunnel.hpp), and what that lies in.
enum class Tunnelled : std::uint8_t { no, in_udp, otherwise };

struct Offload {
  // The checksum field holds the sum of the pseudo-header only; the sum of everything from
  // 'checksum_start' to the end of the frame is still to be added.
  bool needs_checksum = false;
  // Somebody has checked the checksum already.
  bool is_verified = false;
  GsoKind gso = GsoKind::none;
  // The virtio-net header of 10 bytes says nothing of it; it is found.
  Tunnelled tunnelled = Tunnelled::no;
  // The TCP super-frame carries CWR, which belongs to its first segment only.
  bool has_ecn = false;
  // How many bytes of headers to expect: a hint. Linux itself leaves out a tag or adds payload.
  std::uint16_t header_size = 0;
  // The payload of each segment; the last may have less.
  std::uint16_t segment_size = 0;
  // From the first byte of the frame, VLAN tags included.
  std::uint16_t checksum_start = 0;
  // From 'checksum_start'.
  std::uint16_t checksum_offset = 0;

  constexpr bool operator==(const Offload&) const = default;

  // Whether there is nothing left to finish.
  [[nodiscard]] constexpr bool is_plain() const { return !needs_checksum && gso == GsoKind::none; }

  [[nodiscard]] constexpr bool is_tunnelled() const { return tunnelled != Tunnelled::no; }

  // The frame is to be sent as it is, and not to be cut.
  constexpr void forget_segments() {
    gso = GsoKind::none;
    has_ecn = false;
    segment_size = 0;
  }

  // The headers have become longer by 'size' bytes in front of 'checksum_start', or shorter.
  constexpr void lengthen(std::size_t size) {
    if (!is_plain()) {
      checksum_start = static_cast<std::uint16_t>(checksum_start + size);
      if (header_size != 0 && header_size <= 0xffff - size) {
        header_size = static_cast<std::uint16_t>(header_size + size);
      }
    }
  }
  constexpr void shorten(std::size_t size) {
    if (!is_plain()) {
      checksum_start = static_cast<std::uint16_t>(checksum_start - size);
      if (header_size >= size) {
        header_size = static_cast<std::uint16_t>(header_size - size);
      }
    }
  }
};

constexpr std::size_t offload_header_size = 10;

// Nullopt for a kind or a flag that is unknown here: what the frame needs is then unknown too.
[[nodiscard]] std::optional<Offload> read_offload(
    std::span<const std::byte, offload_header_size> header,
    std::endian order = std::endian::little);

void write_offload(const Offload& offload, std::span<std::byte, offload_header_size> header,
                   std::endian order = std::endian::little);

// Which offloads a port takes over.
struct OffloadSet {
  bool checksum = false;
  bool tso4 = false;
  bool tso6 = false;
  bool tso_ecn = false;  // TSO of frames with CWR, beside tso4 or tso6
  bool uso = false;
  bool udp_tunnels = false;  // those of them that are taken, also inside a tunnel of UDP
  bool tunnels = false;      // the same, inside any tunnel

  constexpr bool operator==(const OffloadSet&) const = default;

  // Whether a frame with this offload may go to the port as it is.
  [[nodiscard]] constexpr bool accepts(const Offload& offload) const {
    return (checksum || !offload.needs_checksum) &&
           (offload.gso == GsoKind::none || accepts_super_frame(offload));
  }

  // Whether TCP goes to the port as super-frames, and comes from it so.
  [[nodiscard]] constexpr bool takes_tcp() const { return checksum && tso4 && tso6; }

 private:
  [[nodiscard]] constexpr bool accepts_super_frame(const Offload& offload) const {
    return (tso_ecn || !offload.has_ecn) && accepts(offload.tunnelled) && accepts(offload.gso);
  }
  [[nodiscard]] constexpr bool accepts(Tunnelled tunnelled) const {
    return tunnelled == Tunnelled::no || tunnels || (udp_tunnels && tunnelled == Tunnelled::in_udp);
  }
  [[nodiscard]] constexpr bool accepts(GsoKind kind) const {
    switch (kind) {
      case GsoKind::none:
        return true;
      case GsoKind::tcp_ipv4:
        return tso4;
      case GsoKind::tcp_ipv6:
        return tso6;
      case GsoKind::udp:
        return uso;
    }
    return false;
  }
};

// All that a virtio-net header of 10 bytes can tell of.
constexpr OffloadSet all_offloads{
    .checksum = true, .tso4 = true, .tso6 = true, .tso_ecn = true, .uso = true};

// All that one of 24 bytes can tell of (long_header.hpp).
constexpr OffloadSet all_tap_offloads{.checksum = true,
                                      .tso4 = true,
                                      .tso6 = true,
                                      .tso_ecn = true,
                                      .uso = true,
                                      .udp_tunnels = true};

// The most segments a super-frame may ask for. The smallest that Linux makes of a TCP stream have
// 36 bytes; to cut 64 KiB into single bytes would keep a worker busy for everybody's loss.
constexpr std::size_t max_tcp_segment_count = 2'048;
// Linux refuses more (UDP_MAX_SEGMENTS).
constexpr std::size_t max_udp_segment_count = 128;

// Whether 'offload' tells the truth about a frame of 'size' bytes, as far as finishing it needs the
// truth. Where no super-frame is meant that is little: the checksum must lie inside the frame, and
// behind the shortest IP header. It stays true when a tag is put on or taken off.
[[nodiscard]] bool is_consistent(std::size_t size, const Layout& layout, const Offload& offload);

// The part of it that is about a super-frame of 'size' bytes with these headers.
[[nodiscard]] bool is_true_of(std::size_t size, const HeaderLayout& headers,
                              const Offload& offload);

// Whether IP could state that there are so many bytes from its header on.
[[nodiscard]] bool fits_ip(std::size_t size, bool is_ipv6);

// Returns where the checksum stands in such a header.
[[nodiscard]] constexpr std::uint16_t checksum_offset_in(TransportKind kind) {
  return kind == TransportKind::tcp ? 16 : 6;
}

// Whether the checksum that is left unfinished is that of SCTP, which is none of Internet's.
[[nodiscard]] bool is_of_sctp(const Layout& layout, const Offload& offload);

// The size of the largest frame that will be cut from one of 'size' bytes, which must be consistent
// with 'offload'; that of the frame itself if it is not to be cut. For the check of an MTU.
// 'headers' are those that each segment has.
[[nodiscard]] std::size_t wire_size(std::size_t size, const std::optional<HeaderLayout>& headers,
                                    const Offload& offload);

}  // namespace tapswitch
