// SPDX-License-Identifier: Apache-2.0
// observer.hpp: looks at the frames of a port: capture, sampling, storm control. A port
// has one or none; whoever wants several makes one that asks them.
//
// Threads: any worker, also several at once; never the control thread. It must not block, and it
// must not call the switch.
#pragma once

#include <cstddef>
#include <optional>

#include "switch/engine/direction.hpp"
#include "switch/forwarding/drop_reason.hpp"
#include "switch/forwarding/fdb.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

class PortObserver {
 public:
  PortObserver() = default;
  PortObserver(const PortObserver&) = delete;
  PortObserver& operator=(const PortObserver&) = delete;
  virtual ~PortObserver() = default;

  // 'frame' has come in by the port, at 'now', and is one, whatever becomes of it; it belongs to
  // VLAN 'vid', or is refused (no_vlan). 'worker' is the number of the worker that asks. Returns
  // why it must go no further; nullopt: it may.
  [[nodiscard]] virtual std::optional<DropReason> received(std::size_t worker,
                                                           const FrameBuffer& frame, VlanId vid,
                                                           TimePoint now) noexcept = 0;

  // 'frame' is about to be cut; its segments are shown to sends(), one by one or several together.
  virtual void cuts(std::size_t worker, const FrameBuffer& frame) noexcept = 0;

  // 'frame' is about to be sent by the port, tagged, cut and joined as it will leave. It belongs to
  // VLAN 'vid', or comes from the protocols of the switch (no_vlan).
  virtual void sends(std::size_t worker, const FrameBuffer& frame, VlanId vid) noexcept = 0;

  struct Drop {
    Direction direction;  // it came in by the port, or was to leave by it
    VlanId vid;           // to which it belongs; no_vlan: to none, as far as is known
    DropReason reason;
  };

  // 'frame' is dropped, and is as it was then. It may be shorter or longer than any frame; where
  // nothing is left of it, it is empty. It has been shown to received() or sends() too, if it came
  // so far.
  virtual void drops(std::size_t worker, const FrameBuffer& frame, const Drop& drop) noexcept = 0;
};

}  // namespace tapswitch
