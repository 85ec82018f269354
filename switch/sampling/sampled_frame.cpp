// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/sampled_frame.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tapswitch {

static_assert(std::is_trivially_copyable_v<SampledFrame>);

bool put(CaptureRing& ring, const SampledFrame& sampled, const FrameBuffer& frame,
         std::size_t most_bytes) noexcept {
  const std::size_t kept = std::min(frame.size(), most_bytes);
  const std::span<std::byte> room = ring.reserve(sizeof sampled + kept);
  if (room.empty()) {
    return false;
  }
  std::memcpy(room.data(), &sampled, sizeof sampled);
  frame.copy(0, room.subspan(sizeof sampled));
  ring.commit();
  return true;
}

SampleRecord read_sample(std::span<const std::byte> record) noexcept {
  SampleRecord read{};
  std::memcpy(&read.sampled, record.data(), sizeof read.sampled);
  read.bytes = record.subspan(sizeof read.sampled);
  return read;
}

}  // namespace tapswitch
