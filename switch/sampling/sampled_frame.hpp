// SPDX-License-Identifier: Apache-2.0
// sampled_frame.hpp: a sampled or dropped frame as a record of a ring: what is told of it, and its
// first bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/capture/capture_ring.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

struct SampledFrame {
  std::uint32_t port;  // its number
  std::uint32_t rate = 0;
  std::uint32_t pool = 0;
  std::uint32_t lost = 0;
  std::uint32_t input = 0;
  std::uint32_t output = 0;
  std::uint32_t reason = 0;  // of a dropped frame; 0: it is sampled
  std::uint32_t size = 0;    // of the frame
  VlanId vid = no_vlan;
  std::uint8_t priority = 0;
};

// Puts a record with the first 'most_bytes' of 'frame' in. False: there is no room.
[[nodiscard]] bool put(CaptureRing& ring, const SampledFrame& sampled, const FrameBuffer& frame,
                       std::size_t most_bytes) noexcept;

struct SampleRecord {
  SampledFrame sampled;
  std::span<const std::byte> bytes;
};
// Requires: 'record' was put in so.
[[nodiscard]] SampleRecord read_sample(std::span<const std::byte> record) noexcept;

}  // namespace tapswitch
