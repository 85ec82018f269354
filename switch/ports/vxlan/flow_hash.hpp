// SPDX-License-Identifier: Apache-2.0
// flow_hash.hpp: tells the flows in a tunnel apart, by a number that all frames of one have in
// common: what is on the way spreads flows by it [RFC 7348 5].
#pragma once

#include <cstdint>

#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

// Hashes addresses and ports where TCP or UDP was found in the frame; the addresses of IP
// where that was, for the fragments of a datagram are to stay together; else those of Ethernet.
[[nodiscard]] std::uint32_t flow_hash(const FrameBuffer& frame) noexcept;

}  // namespace tapswitch
