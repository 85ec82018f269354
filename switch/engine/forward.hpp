// SPDX-License-Identifier: Apache-2.0
// forward.hpp: the way of one frame through a switch, from the buffer it was received in to the
// ports it leaves by. Everything on this way is counted, and nothing of it blocks or allocates.
#pragma once

#include <cstddef>

#include "switch/engine/picture.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

// Forwards the frame in 'frame', which came in by 'ingress'; 'worker' is the number of the worker
// that calls. The buffer's contents are unspecified afterwards. Returns to how many ports the frame
// was offered, which is what it cost.
std::size_t forward(const Picture& picture, std::size_t worker, PortIndex ingress,
                    FrameBuffer& frame, TimePoint now);

}  // namespace tapswitch
