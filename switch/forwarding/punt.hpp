// SPDX-License-Identifier: Apache-2.0
// punt.hpp: which frames go to the protocols on the control thread: the third fate of a frame,
// beside crossing the switch and being dropped. A frame may be punted and cross. As pure as
// decide.hpp.
#pragma once

#include "switch/forwarding/port_rule.hpp"
#include "switch/frame/frame_view.hpp"
#include "switch/frame/layout.hpp"

namespace tapswitch {

enum class PuntKind : std::uint8_t {
  none,
  link,   // it concerns the link it came by, whatever VLANs there are
  group,  // it speaks of groups in its VLAN
};

// Whether and why a frame whose headers lie so is punted.
[[nodiscard]] PuntKind punt_kind(const PuntSet& punts, const FrameView& frame,
                                 const Layout& layout);

}  // namespace tapswitch
