// SPDX-License-Identifier: Apache-2.0
// vlan_tag.hpp: holds what a VLAN tag says [802.1Q 9.3 to 9.6]. Where it stands in a frame is known
// to frame_view.hpp (reading) and frame_buffer.hpp (editing).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tapswitch {

// A VLAN identifier. 1 to 4094 name a VLAN; 0 says "only a priority", 4095 is reserved.
using VlanId = std::uint16_t;

constexpr VlanId no_vlan = 0;
constexpr VlanId first_vlan = 1;
constexpr VlanId last_vlan = 4094;
constexpr VlanId reserved_vlan = 4095;

// The EtherTypes that announce a tag: those of the standard [802.1Q table 9-1], and those that
// vendors had for a second tag before it. These two announce one only where a port names them;
// elsewhere what follows them is payload.
enum class TagType : std::uint16_t {
  customer = 0x8100,
  service = 0x88a8,
  vendor_9100 = 0x9100,
  vendor_9200 = 0x9200
};

constexpr bool is_vendors(TagType type) {
  return type != TagType::customer && type != TagType::service;
}

constexpr bool is_tag_type(std::uint16_t ether_type) {
  return ether_type == static_cast<std::uint16_t>(TagType::customer) ||
         ether_type == static_cast<std::uint16_t>(TagType::service);
}

struct VlanTag {
  // On the wire: the tag type, then the tag control information.
  static constexpr std::size_t size = 4;

  TagType type = TagType::customer;
  std::uint8_t priority = 0;   // PCP, 0 to 7
  bool drop_eligible = false;  // DEI
  VlanId vid = no_vlan;

  constexpr bool operator==(const VlanTag&) const = default;

  // PCP, DEI and VID as the 16 bits of the wire.
  [[nodiscard]] constexpr std::uint16_t control_information() const {
    return static_cast<std::uint16_t>(priority << 13 | (drop_eligible ? 1 << 12 : 0) | vid);
  }

  static constexpr VlanTag from_wire(TagType type, std::uint16_t control_information) {
    return {.type = type,
            .priority = static_cast<std::uint8_t>(control_information >> 13),
            .drop_eligible = (control_information >> 12 & 1) != 0,
            .vid = static_cast<VlanId>(control_information & 0xfff)};
  }
};

}  // namespace tapswitch
