// SPDX-License-Identifier: Apache-2.0
// mtu.hpp: whether a frame fits the MTU of an interface. VLAN tags never count against it, however
// many there are and of whatever type [802.3as, 802.1Q annex G.2].
#pragma once

#include <cstddef>
#include <cstdint>

#include "switch/frame/frame_view.hpp"
#include "switch/frame/layout.hpp"

namespace tapswitch {

// 'size' is the length of a frame on the wire, which for a super-frame is less than it has; 'mtu'
// is in bytes of payload.
inline bool exceeds_mtu(const Layout& layout, std::size_t size, std::uint32_t mtu) {
  const std::size_t most = FrameView::header_size + mtu;
  return size > most && size > most + layout.tag_count() * VlanTag::size;
}

}  // namespace tapswitch
