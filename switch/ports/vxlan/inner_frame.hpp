// SPDX-License-Identifier: Apache-2.0
// inner_frame.hpp: finds out of a frame in a tunnel what neither its bytes nor its datagram say.
//
// Between namespaces of one host the kernel gives a socket what its own tunnel has sent as it is:
// the checksum inside is not finished, and many segments may be one frame, without a word of that.
// So a checksum is looked at: where the sum of the pseudo-header stands and no right checksum, it
// is to be finished; and a frame of TCP that is longer than the way takes is to be cut. The other
// way round, marks of congestion that were put on the datagram go into the frame [RFC 6040 4.2],
// and a datagram has the class of the frame, if it is to.
#pragma once

#include <cstdint>
#include <optional>

#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

// Finds out what of 'frame' is to be finished, and says so in its offload. Its layout must have
// been found. 'mtu': the most payload that a frame of its sender can have, 0 if nobody knows.
// 'segment_size': of the payload of a super-frame of UDP, if it is one.
void find_unfinished(FrameBuffer& frame, std::uint32_t mtu,
                     std::optional<std::uint16_t> segment_size = {});

// Whether IP in 'frame' states just so many bytes, from its header on, as are there up to 'size'
// bytes of frame.
[[nodiscard]] bool states_size(const FrameBuffer& frame, std::size_t size);

// Marks 'frame' as having met congestion, if 'outer_tos' says so and its sender can heed it. Its
// layout must have been found.
void take_in_marks(FrameBuffer& frame, std::uint8_t outer_tos);

// Returns the class of service of a frame of IP, without its marks of congestion; 0 of any other.
[[nodiscard]] int service_class(const FrameBuffer& frame);

}  // namespace tapswitch
