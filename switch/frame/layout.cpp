// SPDX-License-Identifier: Apache-2.0
#include "switch/frame/layout.hpp"

#include <algorithm>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/transport_fields.hpp"

namespace tapswitch {
namespace {

constexpr std::size_t ipv4_least_size = 20;
constexpr std::size_t tcp_least_size = 20;

// Offset and "more fragments" of IPv4's fragment field.
constexpr std::uint16_t is_fragment_mask = 0x3fff;

bool may_precede_transport(std::uint8_t next_header) {
  constexpr std::uint8_t hop_by_hop = 0;
  constexpr std::uint8_t routing = 43;
  constexpr std::uint8_t destination_options = 60;
  return next_header == hop_by_hop || next_header == routing || next_header == destination_options;
}

}  // namespace

// Walks from header to header; a step fails where the header it passes is not complete.
class Layout::Search {
 public:
  explicit Search(std::span<const std::byte> frame)
      : bytes_(frame.first(std::min(frame.size(), max_header_size))) {}

  Layout run() { return find_network() ? found() : Layout(); }

  Layout run_behind(std::uint16_t ether_type) {
    ether_type_ = ether_type;
    return found();
  }

  Layout run_behind_vendor_tag() {
    network_ += VlanTag::size;
    Layout layout;
    layout.network_ = find_network() ? as_word(network_) : std::uint16_t{0};
    return layout;
  }

 private:
  Layout found() {
    Layout layout;
    layout.network_ = as_word(network_);
    if (find_transport() && has(transport_ + 1)) {
      layout.transport_ = as_word(transport_);
      layout.is_ipv6_ = ether_type_ == ether_type_ipv6;
      layout.protocol_ = protocol_;
      layout.payload_ = find_payload() ? as_word(payload_) : std::uint16_t{0};
    }
    return layout;
  }

  [[nodiscard]] bool has(std::size_t size) const { return size <= bytes_.size(); }

  [[nodiscard]] std::uint8_t octet(std::size_t offset) const {
    return std::to_integer<std::uint8_t>(bytes_[offset]);
  }

  bool find_network() {
    for (; has(network_); network_ += VlanTag::size) {
      ether_type_ = load_16(&bytes_[network_ - 2]);
      if (!is_tag_type(ether_type_)) {
        return true;
      }
    }
    return false;
  }

  bool find_transport() {
    switch (ether_type_) {
      case ether_type_ipv4:
        return pass_ipv4();
      case ether_type_ipv6:
        return pass_ipv6();
      default:
        return false;
    }
  }

  bool pass_ipv4() {
    if (!has(network_ + ipv4_least_size) || octet(network_) >> 4 != 4 ||
        (load_16(&bytes_[network_ + ipv4_fragment]) & is_fragment_mask) != 0) {
      return false;
    }
    const std::size_t size = (std::size_t{octet(network_)} & 0x0f) * 4;
    protocol_ = octet(network_ + ipv4_protocol);
    transport_ = network_ + size;
    return size >= ipv4_least_size;
  }

  bool pass_ipv6() {
    if (!has(network_ + ipv6_size) || octet(network_) >> 4 != 6) {
      return false;
    }
    protocol_ = octet(network_ + ipv6_next_header);
    transport_ = network_ + ipv6_size;
    while (may_precede_transport(protocol_)) {
      const std::size_t extension = transport_;
      if (!has(extension + 2)) {
        return false;
      }
      protocol_ = octet(extension);
      transport_ += (std::size_t{octet(extension + 1)} + 1) * 8;
    }
    return true;
  }

  bool find_payload() {
    switch (protocol_) {
      case static_cast<std::uint8_t>(TransportKind::tcp):
        return pass_tcp();
      case static_cast<std::uint8_t>(TransportKind::udp):
        payload_ = transport_ + udp_size;
        return has(payload_);
      default:
        return false;
    }
  }

  bool pass_tcp() {
    if (!has(transport_ + tcp_least_size)) {
      return false;
    }
    const std::size_t size = (std::size_t{octet(transport_ + 12)} >> 4) * 4;
    payload_ = transport_ + size;
    return size >= tcp_least_size && has(payload_);
  }

  std::span<const std::byte> bytes_;
  std::size_t network_ = FrameView::header_size;
  std::size_t transport_ = 0;
  std::size_t payload_ = 0;
  std::uint16_t ether_type_ = 0;
  std::uint8_t protocol_ = 0;
};

Layout Layout::find(std::span<const std::byte> frame) { return Search(frame).run(); }

Layout Layout::find_behind(std::span<const std::byte> frame, std::uint16_t ether_type) {
  return Search(frame).run_behind(ether_type);
}

Layout Layout::find_behind_vendor_tag(std::span<const std::byte> frame) {
  return Search(frame).run_behind_vendor_tag();
}

std::size_t Layout::tag_count() const {
  return has_network() ? (network_ - FrameView::header_size) / VlanTag::size : 2;
}

std::optional<HeaderLayout> Layout::headers() const {
  if (payload_ == 0) {
    return std::nullopt;
  }
  return HeaderLayout{.network = network_,
                      .transport = transport_,
                      .payload = payload_,
                      .is_ipv6 = is_ipv6_,
                      .kind = static_cast<TransportKind>(protocol_)};
}

std::optional<std::size_t> Layout::transport(std::uint8_t protocol) const {
  return transport_ != 0 && protocol_ == protocol ? std::optional<std::size_t>(transport_)
                                                  : std::nullopt;
}

// 'size' may be that of a step back, for words wrap.
void Layout::shift(std::size_t size) {
  for (std::uint16_t* const offset : {&network_, &transport_, &payload_}) {
    if (*offset != 0) {
      *offset = as_word(*offset + size);
    }
  }
}

}  // namespace tapswitch
