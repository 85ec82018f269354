// SPDX-License-Identifier: Apache-2.0
// layout.hpp: tells where the headers of layers 2 to 4 lie in a frame. A layout is found once, when
// the frame has come in, travels with the frame, and is shifted when a tag is put on or taken off:
// nothing is searched for again in a frame that was edited.
//
// Looks through any number of VLAN tags, the options of IPv4, and of the extension headers of IPv6
// those that a super-frame may have: hop-by-hop options, routing, destination options.
// Limits: headers of at most 'max_header_size' bytes together when the frame comes in. Every
// segment repeats them, so that a bound on them is a bound on the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

constexpr std::size_t max_header_size = 1'024;

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::uint16_t ether_type_ipv6 = 0x86dd;

// As IP numbers them.
enum class TransportKind : std::uint8_t { tcp = 6, udp = 17 };

// The headers of a frame that carries TCP or UDP: offsets from its first byte.
struct HeaderLayout {
  std::size_t network = 0;
  std::size_t transport = 0;
  std::size_t payload = 0;
  bool is_ipv6 = false;
  TransportKind kind = TransportKind::tcp;

  bool operator==(const HeaderLayout&) const = default;
};

class Layout {
 public:
  // Does not look at the lengths that IP and UDP state.
  [[nodiscard]] static Layout find(std::span<const std::byte> frame);

  // The same of 'frame' whose Ethernet header is not looked at: what follows it is of 'ether_type'.
  [[nodiscard]] static Layout find_behind(std::span<const std::byte> frame,
                                          std::uint16_t ether_type);

  // Whether all tags are whole, and so is the EtherType behind them.
  [[nodiscard]] bool has_network() const { return network_ != 0; }

  // The offset of what follows the EtherType behind all tags. Requires: has_network().
  [[nodiscard]] std::size_t network() const { return network_; }

  // The same of 'frame' whose outermost tag is of a vendor's type. No kernel looks for anything
  // behind such a tag, so that nothing is left there to be finished and no headers are told.
  [[nodiscard]] static Layout find_behind_vendor_tag(std::span<const std::byte> frame);

  // How many tags there are. Of those that are cut off, or are too many to be looked through, two.
  [[nodiscard]] std::size_t tag_count() const;

  // Returns where TCP or UDP lies. Nullopt if the frame carries anything else, is an IP fragment,
  // or if a header is incomplete.
  [[nodiscard]] std::optional<HeaderLayout> headers() const;

  // The offset of what follows IP's headers, if that is of 'protocol' as IP numbers them: of a
  // header of which only the first octet is certain. Nullopt: it is another, or a fragment.
  [[nodiscard]] std::optional<std::size_t> transport(std::uint8_t protocol) const;

  // A tag was put in front of the EtherType, or taken off there.
  void push_tag() { shift(VlanTag::size); }
  void pop_tag() { shift(-VlanTag::size); }

  bool operator==(const Layout&) const = default;

 private:
  class Search;

  void shift(std::size_t size);

  // Offsets from the first byte of the frame; 0 where there is no such header.
  std::uint16_t network_ = 0;
  std::uint16_t transport_ = 0;
  std::uint16_t payload_ = 0;
  bool is_ipv6_ = false;
  std::uint8_t protocol_ = 0;
};

}  // namespace tapswitch
