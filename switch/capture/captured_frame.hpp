// SPDX-License-Identifier: Apache-2.0
// captured_frame.hpp: a frame as a record of a ring: where and when it was seen, what its sender
// left unfinished, and its bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/capture/capture_ring.hpp"
#include "switch/engine/direction.hpp"
#include "switch/forwarding/drop_reason.hpp"
#include "switch/frame/frame_buffer.hpp"

namespace tapswitch {

// A frame was seen at a port.
struct Sighting {
  std::uint32_t interface;
  Direction direction;
  std::chrono::nanoseconds when;  // of the steady clock
  std::optional<DropReason> dropped;
  bool is_final;  // it has passed the filter and is written as it is
};

struct CapturedFrame {
  Sighting seen;
  Offload offload;
  std::uint64_t number;              // of the frame; see FrameBuffer::number()
  std::size_t size;                  // of the frame
  std::span<const std::byte> bytes;  // the first of it, or all

  // Puts a record of the first 'kept' bytes of 'frame' in. False: there is no room.
  [[nodiscard]] static bool put(CaptureRing& ring, const Sighting& seen, const FrameBuffer& frame,
                                std::size_t kept) noexcept;
  // Requires: 'record' was put in so.
  [[nodiscard]] static CapturedFrame read(std::span<const std::byte> record) noexcept;

  // Returns when a record was made, without reading the rest of it.
  [[nodiscard]] static std::chrono::nanoseconds when_of(std::span<const std::byte> record) noexcept;
};

}  // namespace tapswitch
