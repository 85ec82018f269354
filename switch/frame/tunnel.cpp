// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/tunnel.hpp"

#include <algorithm>
#include <array>

#include "switch/frame/checksum.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint8_t ipv4_in_ip = 4;
constexpr std::uint8_t ipv6_in_ip = 41;
constexpr std::uint8_t gre_protocol = 47;

constexpr std::uint16_t ether_type_mpls = 0x8847;
constexpr std::uint16_t ether_type_mpls_multicast = 0x8848;
constexpr std::size_t label_size = 4;
constexpr unsigned last_label = 0x01;  // in the third octet

constexpr std::size_t vxlan_size = 8;    // also Geneve without options
constexpr std::size_t gue_size = 4;      // without options
constexpr unsigned option_words = 0x3f;  // of Geneve, in its first octet
constexpr unsigned gue_option_words = 0x1f;

constexpr std::size_t gre_least_size = 4;
constexpr std::size_t gre_field_size = 4;
constexpr std::size_t gre_checksum = 4;
constexpr unsigned gre_has_checksum = 0x8000;
constexpr unsigned gre_has_key = 0x2000;
constexpr unsigned gre_known = gre_has_checksum | gre_has_key;
constexpr std::uint16_t ether_type_ethernet = 0x6558;  // "transparent Ethernet bridging"

// Tries what may lie in a frame, until the innermost transport lies where the checksum starts.
class Search {
 public:
  Search(Bytes head, std::size_t size, const Layout& layout, const Offload& offload)
      : head_(head.first(std::min(head.size(), max_header_size))),
        size_(size),
        layout_(layout),
        offload_(offload) {}

  std::optional<Tunnel> run() {
    const std::uint16_t ether_type = load_16(&head_[layout_.network() - 2]);
    if (ether_type == ether_type_mpls || ether_type == ether_type_mpls_multicast) {
      return behind_labels();
    }
    if (!has(layout_.network() + 1)) {
      return std::nullopt;
    }
    tunnel_.is_ipv6 = octet(layout_.network()) >> 4 == 6;
    for (const std::uint8_t protocol : {ipv4_in_ip, ipv6_in_ip}) {
      if (const auto inner = layout_.transport(protocol)) {
        return with(Tunnel::Carrier::ip, *inner, ip_at(*inner));
      }
    }
    if (const auto gre = layout_.transport(gre_protocol)) {
      return with(Tunnel::Carrier::gre, *gre, behind_gre(*gre));
    }
    if (const auto udp = layout_.transport(static_cast<std::uint8_t>(TransportKind::udp))) {
      return with(Tunnel::Carrier::udp, *udp, behind_udp(*udp + udp_size));
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool has(std::size_t size) const { return size <= head_.size(); }
  [[nodiscard]] unsigned octet(std::size_t offset) const {
    return std::to_integer<unsigned>(head_[offset]);
  }

  std::optional<Tunnel> with(Tunnel::Carrier carrier, std::size_t transport,
                             std::optional<HeaderLayout> inner) {
    const std::size_t network = layout_.network();
    if (!inner || !fits_ip(size_ - network, tunnel_.is_ipv6)) {
      return std::nullopt;
    }
    inner->network -= network;
    inner->transport -= network;
    inner->payload -= network;
    tunnel_.carrier = carrier;
    tunnel_.transport = as_word(transport - network);
    tunnel_.inner = *inner;
    return tunnel_;
  }

  std::optional<Tunnel> behind_labels() {
    std::size_t ip = layout_.network() + label_size;
    while (has(ip) && (octet(ip - 2) & last_label) == 0) {
      ip += label_size;
    }
    return with(Tunnel::Carrier::labels, layout_.network(), ip_at(ip));
  }

  [[nodiscard]] std::optional<HeaderLayout> behind_gre(std::size_t gre) const {
    if (!has(gre + gre_least_size)) {
      return std::nullopt;
    }
    const unsigned flags = load_16(&head_[gre]);
    if ((flags & ~gre_known) != 0) {
      return std::nullopt;
    }
    const std::size_t inside = gre + gre_least_size +
                               ((flags & gre_has_checksum) != 0 ? gre_field_size : 0) +
                               ((flags & gre_has_key) != 0 ? gre_field_size : 0);
    return load_16(&head_[gre + 2]) == ether_type_ethernet ? ethernet_at(inside) : ip_at(inside);
  }

  [[nodiscard]] std::optional<HeaderLayout> behind_udp(std::size_t inside) const {
    if (!has(inside + 1)) {
      return std::nullopt;
    }
    const std::array<std::size_t, 3> begins = {
        inside + vxlan_size,
        inside + vxlan_size + (octet(inside) & option_words) * std::size_t{4},
        inside + gue_size + (octet(inside) & gue_option_words) * std::size_t{4},
    };
    for (const std::size_t begin : begins) {
      if (const auto headers = ethernet_at(begin)) {
        return headers;
      }
      if (const auto headers = ip_at(begin)) {
        return headers;
      }
    }
    return ip_at(inside);
  }

  // The innermost headers if a frame begins at 'begin', or IP.
  [[nodiscard]] std::optional<HeaderLayout> ethernet_at(std::size_t begin) const {
    return has(begin) ? at(begin, Layout::find(head_.subspan(begin)).headers()) : std::nullopt;
  }
  [[nodiscard]] std::optional<HeaderLayout> ip_at(std::size_t begin) const {
    if (!has(begin + 1)) {
      return std::nullopt;
    }
    const std::size_t frame = begin - FrameView::header_size;
    const bool is_ipv6 = octet(begin) >> 4 == 6;
    return at(frame,
              Layout::find_behind(head_.subspan(frame), is_ipv6 ? ether_type_ipv6 : ether_type_ipv4)
                  .headers());
  }

  [[nodiscard]] std::optional<HeaderLayout> at(std::size_t begin,
                                               std::optional<HeaderLayout> headers) const {
    if (!headers) {
      return std::nullopt;
    }
    headers->network += begin;
    headers->transport += begin;
    headers->payload += begin;
    return is_true_of(size_, *headers, offload_) ? headers : std::nullopt;
  }

  Bytes head_;
  const std::size_t size_;
  const Layout& layout_;
  const Offload& offload_;
  Tunnel tunnel_;
};

// Writes the length of 'udp', and returns what that adds to the sum of the pseudo-header that its
// checksum field holds, which has the length of the super-frame.
ChecksumSum sum_for_length(std::span<std::byte> udp) {
  ChecksumSum sum;
  sum.subtract(load_16(&udp[udp_length]));
  sum.add(as_word(udp.size()));
  store_16(&udp[udp_length], as_word(udp.size()));
  return sum;
}

void write_udp_around(std::span<std::byte> udp) {
  ChecksumSum sum = sum_for_length(udp);
  if (load_16(&udp[udp_checksum]) == 0) {
    return;  // its sender sums nothing [RFC 768]
  }
  sum.add(udp);
  const std::uint16_t checksum = sum.checksum();
  store_16(&udp[udp_checksum], checksum != 0 ? checksum : 0xffff);
}

void write_gre(std::span<std::byte> gre) {
  if ((load_16(gre.data()) & gre_has_checksum) == 0) {
    return;
  }
  store_16(&gre[gre_checksum], 0);
  ChecksumSum sum;
  sum.add(gre);
  store_16(&gre[gre_checksum], sum.checksum());
}

}  // namespace

std::optional<Tunnel> find_tunnel(std::span<const std::byte> head, std::size_t size,
                                  const Layout& layout, const Offload& offload) {
  if (!layout.has_network() || offload.gso == GsoKind::none || !offload.needs_checksum) {
    return std::nullopt;
  }
  return Search(head, size, layout, offload).run();
}

void write_around_datagrams(std::span<std::byte> segments, std::size_t network,
                            const Tunnel& tunnel, std::uint16_t index) {
  const std::size_t transport = network + tunnel.transport;
  write_ip_of_segment(
      segments, {.network = network, .transport = transport, .is_ipv6 = tunnel.is_ipv6}, index);
  const std::span<std::byte> udp = segments.subspan(transport);
  ChecksumSum sum = sum_for_length(udp);
  sum.add(load_16(&udp[udp_checksum]));
  store_16(&udp[udp_checksum], sum.folded());
}

void write_around(std::span<std::byte> segment, std::size_t network, const Tunnel& tunnel,
                  std::uint16_t index) {
  if (tunnel.carrier == Tunnel::Carrier::labels) {
    return;
  }
  const std::size_t transport = network + tunnel.transport;
  write_ip_of_segment(
      segment, {.network = network, .transport = transport, .is_ipv6 = tunnel.is_ipv6}, index);
  if (tunnel.carrier == Tunnel::Carrier::udp) {
    write_udp_around(segment.subspan(transport));
  } else if (tunnel.carrier == Tunnel::Carrier::gre) {
    write_gre(segment.subspan(transport));
  }
}

}  // namespace tapswitch
