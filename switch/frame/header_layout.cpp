// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/header_layout.hpp"

#include <algorithm>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::uint16_t ether_type_ipv6 = 0x86dd;

constexpr std::size_t ipv4_least_size = 20;
constexpr std::size_t tcp_least_size = 20;
constexpr std::size_t udp_size = 8;

// Offset and "more fragments" of IPv4's fragment field.
constexpr std::uint16_t is_fragment_mask = 0x3fff;

bool may_precede_transport(std::uint8_t next_header) {
  constexpr std::uint8_t hop_by_hop = 0;
  constexpr std::uint8_t routing = 43;
  constexpr std::uint8_t destination_options = 60;
  return next_header == hop_by_hop || next_header == routing || next_header == destination_options;
}

// Walks from header to header; a step fails where the header it passes is not complete.
class Walk {
 public:
  explicit Walk(std::span<const std::byte> frame)
      : bytes_(frame.first(std::min(frame.size(), max_header_size))) {}

  bool find_network() {
    layout_.network = FrameView::header_size;
    while (has(layout_.network)) {
      const std::uint16_t type = load_16(&bytes_[layout_.network - 2]);
      if (!is_tag_type(type)) {
        layout_.is_ipv6 = type == ether_type_ipv6;
        return type == ether_type_ipv4 || type == ether_type_ipv6;
      }
      layout_.network += VlanTag::size;
    }
    return false;
  }

  bool find_transport() { return layout_.is_ipv6 ? pass_ipv6() : pass_ipv4(); }

  bool find_payload() {
    switch (protocol_) {
      case static_cast<std::uint8_t>(TransportKind::tcp):
        return pass_tcp();
      case static_cast<std::uint8_t>(TransportKind::udp):
        layout_.kind = TransportKind::udp;
        layout_.payload = layout_.transport + udp_size;
        return has(layout_.payload);
      default:
        return false;
    }
  }

  [[nodiscard]] const HeaderLayout& layout() const { return layout_; }

 private:
  [[nodiscard]] bool has(std::size_t size) const { return size <= bytes_.size(); }

  [[nodiscard]] std::uint8_t octet(std::size_t offset) const {
    return std::to_integer<std::uint8_t>(bytes_[offset]);
  }

  bool pass_ipv4() {
    const std::size_t begin = layout_.network;
    if (!has(begin + ipv4_least_size) || octet(begin) >> 4 != 4 ||
        (load_16(&bytes_[begin + 6]) & is_fragment_mask) != 0) {
      return false;
    }
    const std::size_t size = (std::size_t{octet(begin)} & 0x0f) * 4;
    protocol_ = octet(begin + 9);
    layout_.transport = begin + size;
    return size >= ipv4_least_size;
  }

  bool pass_ipv6() {
    const std::size_t begin = layout_.network;
    if (!has(begin + ipv6_size) || octet(begin) >> 4 != 6) {
      return false;
    }
    protocol_ = octet(begin + 6);
    layout_.transport = begin + ipv6_size;
    while (may_precede_transport(protocol_)) {
      const std::size_t extension = layout_.transport;
      if (!has(extension + 2)) {
        return false;
      }
      protocol_ = octet(extension);
      layout_.transport += (std::size_t{octet(extension + 1)} + 1) * 8;
    }
    return true;
  }

  bool pass_tcp() {
    if (!has(layout_.transport + tcp_least_size)) {
      return false;
    }
    const std::size_t size = (std::size_t{octet(layout_.transport + 12)} >> 4) * 4;
    layout_.kind = TransportKind::tcp;
    layout_.payload = layout_.transport + size;
    return size >= tcp_least_size && has(layout_.payload);
  }

  std::span<const std::byte> bytes_;
  HeaderLayout layout_;
  std::uint8_t protocol_ = 0;
};

}  // namespace

std::optional<HeaderLayout> find_headers(std::span<const std::byte> frame) {
  Walk walk(frame);
  if (!walk.find_network() || !walk.find_transport() || !walk.find_payload()) {
    return std::nullopt;
  }
  return walk.layout();
}

}  // namespace tapswitch
