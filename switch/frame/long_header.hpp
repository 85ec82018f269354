// SPDX-License-Identifier: Apache-2.0
// long_header.hpp: the virtio-net header of 24 bytes, which TAPs of Linux 6.17 and later have: in
// it there are words for a super-frame inside a tunnel of UDP, as VXLAN and Geneve are. Its
// beginning is the header of 10 bytes (offload.hpp); the numbers are little-endian.
//
// Theory of operation: what the words say when a frame comes in is not relied upon, for the tunnel
// is found by where its checksum starts (tunnel.hpp), as it is where nobody has words for it.
// A kernel that has none looks at the first 10 bytes and passes the others.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/offload.hpp"

namespace tapswitch {

constexpr std::size_t long_header_size = 24;

// Nullopt for a kind or a flag that is unknown here.
[[nodiscard]] std::optional<Offload> read_long_header(
    std::span<const std::byte, long_header_size> header);

// Writes what is to stand before 'frame', of which nothing lies in another tunnel than one of UDP.
void write_long_header(const FrameBuffer& frame, std::span<std::byte, long_header_size> header);

}  // namespace tapswitch
