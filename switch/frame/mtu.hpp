// SPDX-License-Identifier: Apache-2.0
// mtu.hpp: whether a frame fits the MTU of an interface. VLAN tags do not count against it
// [802.3as, 802.1Q annex G.2]; of a stack of tags, the two outermost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/frame/frame_view.hpp"

namespace tapswitch {

constexpr std::size_t tags_beside_mtu = 2;

// 'frame' is at least a header long; 'size' is its length on the wire, which for a super-frame is
// less; 'mtu' is in bytes of payload.
inline bool exceeds_mtu(std::span<const std::byte> frame, std::size_t size, std::uint32_t mtu) {
  std::size_t most = FrameView::header_size + mtu;
  if (size <= most) {
    return false;
  }
  std::size_t offset = FrameView::ether_type_offset;
  for (std::size_t tag = 0; tag < tags_beside_mtu; ++tag) {
    const auto type = static_cast<std::uint16_t>(std::to_integer<unsigned>(frame[offset]) << 8 |
                                                 std::to_integer<unsigned>(frame[offset + 1]));
    if (!is_tag_type(type)) {
      break;
    }
    most += VlanTag::size;
    offset += VlanTag::size;
  }
  return size > most;
}

}  // namespace tapswitch
