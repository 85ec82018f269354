// SPDX-License-Identifier: Apache-2.0
// egress.hpp: sends one frame by one port after the other, to each as it wants it: with a tag or
// without [802.1Q 8.6.6], no longer than its MTU, and with what its sender left unfinished finished
// unless the port does that by itself.
//
// Theory of operation: there is one copy of the frame, edited in place for the next port. A
// checksum that was finished for one port is right for all others too; a super-frame is cut into a
// second buffer, and stays whole for ports that take it so.
#pragma once

#include <cstddef>
#include <optional>

#include "switch/engine/egress_tag.hpp"
#include "switch/engine/held_frame.hpp"
#include "switch/engine/picture.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

// Why 'frame', with the tag that 'port' wants, is too long to leave by it: the one place where the
// length of an edited frame is checked. Nullopt: it is not.
[[nodiscard]] std::optional<DropReason> refuse_length(const FrameBuffer& frame,
                                                      const PortView& port);

// What a worker sends with, frame after frame.
struct EgressTools {
  FrameBuffer segment;  // for pieces of a frame
  FlushList to_flush;
  HeldFrame held{to_flush};
};

class Egress {
 public:
  // 'worker' is the number of the worker that calls. 'may_be_held': the frame leaves by one port
  // alone, and 'tools' may hold it back, and edit it, until they are asked to release it.
  Egress(const Picture& picture, std::size_t worker, FrameBuffer& frame, EgressTools& tools,
         const Classification& classification, AddressKind kind, bool may_be_held);

  // Returns how many frames were sent or refused: the segments of a super-frame each count.
  std::size_t send_by(PortIndex port);

 private:
  std::size_t send_segments(const Picture::Slot& slot, PortCounters& counters);

  const Picture& picture_;
  const std::size_t worker_;
  FrameBuffer& frame_;
  EgressTools& tools_;
  EgressTag tag_;
  const VlanId vid_;
  const AddressKind kind_;
  const bool may_be_held_;
};

}  // namespace tapswitch
