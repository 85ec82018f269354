// SPDX-License-Identifier: Apache-2.0
// transmit.hpp: the last stage of a frame's way: it is shown to the port's observer and its
// mirrors, sent, and counted at the port it leaves by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "switch/engine/counters.hpp"
#include "switch/engine/flush_list.hpp"
#include "switch/engine/picture.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

// The port by which a frame of a VLAN leaves, as one worker sees it. Lives as long as the picture.
struct Exit {
  const Picture::Slot* slot = nullptr;
  std::uint32_t worker = 0;
  VlanId vid = no_vlan;  // no_vlan: the frame comes from the protocols of the switch

  [[nodiscard]] PortCounters& counters() const { return slot->counters[worker]; }

  bool operator==(const Exit&) const = default;
};

// Sends 'frame', which is no longer than FrameBuffer::max_frame_size and leaves nothing unfinished
// that the port does not finish. A port that keeps it back is noted in 'to_flush'.
void transmit(const Exit& exit, AddressKind kind, FrameBuffer& frame, FlushList& to_flush);

// Returns why a frame is dropped of which send() says so; nullopt: it is not.
[[nodiscard]] std::optional<DropReason> reason_of(SendStatus status);

// Counts 'frame', which was to leave so and does not, and shows it to the port's observer.
void refuse(const Exit& exit, AddressKind kind, DropReason reason, const FrameBuffer& frame);

}  // namespace tapswitch
