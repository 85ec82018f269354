// SPDX-License-Identifier: Apache-2.0
// frame_view.hpp: the header fields of an Ethernet frame, checked once.
//
// A FrameView exists only over bytes that are long enough for what it reads: parse() is the only
// place that checks a length, and after it no accessor can fail. Only the outermost VLAN tag is
// looked at; whatever follows it is payload. The head of a frame is enough for a view of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <boost/system/result.hpp>

#include "switch/frame/mac_address.hpp"
#include "switch/frame/octets.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

// Why bytes are no frame.
enum class FrameFault : std::uint8_t {
  runt,           // shorter than the 14 bytes of a header
  tag_truncated,  // a tag type, but the tag or the EtherType behind it is cut off
};

class FrameView {
 public:
  // Destination, source, EtherType.
  static constexpr std::size_t header_size = 2 * MacAddress::size + 2;
  static constexpr std::size_t ether_type_offset = 2 * MacAddress::size;
  // A frame on a medium is no shorter, but for its check sequence [802.3 4.2.3.3].
  static constexpr std::size_t least_wire_size = 60;

  // The view lives no longer than 'bytes'.
  [[nodiscard]] static boost::system::result<FrameView, FrameFault> parse(
      std::span<const std::byte> bytes);

  [[nodiscard]] MacAddress destination() const { return MacAddress::read(bytes_.data()); }
  [[nodiscard]] MacAddress source() const {
    return MacAddress::read(bytes_.data() + MacAddress::size);
  }

  // The 16 bits after the source: a tag type if the frame is tagged.
  [[nodiscard]] std::uint16_t ether_type() const {
    return load_16(bytes_.data() + ether_type_offset);
  }

  // The outermost tag, if there is one. Those of vendors' types are none.
  [[nodiscard]] std::optional<VlanTag> tag() const;

  // Whether the EtherType announces a tag of 'type', and whether that is whole.
  [[nodiscard]] bool announces(TagType type) const {
    return ether_type() == static_cast<std::uint16_t>(type);
  }
  [[nodiscard]] bool has_room_for_tag() const {
    return bytes_.size() >= header_size + VlanTag::size;
  }

  // Returns what follows the EtherType, read as a tag. Requires: has_room_for_tag().
  [[nodiscard]] VlanTag as_tag() const {
    return VlanTag::from_wire(TagType{ether_type()}, load_16(bytes_.data() + header_size));
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit FrameView(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

inline boost::system::result<FrameView, FrameFault> FrameView::parse(
    std::span<const std::byte> bytes) {
  if (bytes.size() < header_size) {
    return FrameFault::runt;
  }
  const FrameView view(bytes);
  if (is_tag_type(view.ether_type()) && !view.has_room_for_tag()) {
    return FrameFault::tag_truncated;
  }
  return view;
}

inline std::optional<VlanTag> FrameView::tag() const {
  return is_tag_type(ether_type()) ? std::optional(as_tag()) : std::nullopt;
}

}  // namespace tapswitch
