// SPDX-License-Identifier: Apache-2.0
// forward.hpp: the way of one frame through a switch, from the buffer it was received in to the
// ports it leaves by. Everything on this way is counted, and nothing of it blocks or allocates.
#pragma once

#include <cstddef>

#include "switch/engine/egress.hpp"
#include "switch/engine/picture.hpp"

namespace tapswitch {

// Forwards the frame in 'buffers', which came in by 'ingress'; 'worker' is the number of the worker
// that calls. The buffers' contents are unspecified afterwards. Returns how many frames were sent
// or refused, which is what it cost.
std::size_t forward(const Picture& picture, std::size_t worker, PortIndex ingress, Buffers& buffers,
                    TimePoint now);

}  // namespace tapswitch
