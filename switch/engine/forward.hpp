// SPDX-License-Identifier: Apache-2.0
// forward.hpp: the way of one frame through a switch, from the buffer it was received in to the
// ports it leaves by. Everything on this way is counted, and nothing of it blocks or allocates.
//
// Theory of operation: the way has two halves. admit() finds out what depends on the frame and the
// rules alone, and lets the processor fetch from memory what the FDB holds about its two stations.
// forward() learns and decides, for one frame after the other in the order in which they came. A
// worker with many frames before it admits several and then forwards them: in a large FDB each
// would otherwise wait for memory by itself.
#pragma once

#include <cstddef>
#include <optional>

#include "switch/engine/egress.hpp"
#include "switch/engine/picture.hpp"
#include "switch/forwarding/decide.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/frame_view.hpp"

namespace tapswitch {

// A frame that was received, and what admit() found out about it.
struct Arrival {
  struct Admission {
    FrameView view;
    Classification classification;
  };

  FrameBuffer frame;
  std::optional<Admission> admission;
};

// False: the frame goes no further. It came in by 'ingress'; 'worker' is the number of the worker
// that calls.
bool admit(const Picture& picture, std::size_t worker, PortIndex ingress, Arrival& arrival);

// Forwards a frame that was admitted by the same picture. 'tools' may hold it back until they are
// asked to release it; its contents are unspecified afterwards. Returns how many frames were sent
// or refused, which is what it cost.
std::size_t forward(const Picture& picture, std::size_t worker, PortIndex ingress, Arrival& arrival,
                    EgressTools& tools, TimePoint now);

}  // namespace tapswitch
