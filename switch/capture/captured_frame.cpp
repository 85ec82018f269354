// SPDX-License-Identifier: Apache-2.0
#include "switch/capture/captured_frame.hpp"

#include <cstring>
#include <type_traits>

namespace tapswitch {
namespace {

struct RecordHeader {
  Sighting seen;
  std::uint64_t number;
  std::uint32_t size;
  Offload offload;
};
static_assert(std::is_trivially_copyable_v<RecordHeader>);

RecordHeader header_of(std::span<const std::byte> record) noexcept {
  RecordHeader header;
  std::memcpy(&header, record.data(), sizeof header);
  return header;
}

}  // namespace

bool CapturedFrame::put(CaptureRing& ring, const Sighting& seen, const FrameBuffer& frame,
                        std::size_t kept) noexcept {
  const std::span<std::byte> room = ring.reserve(sizeof(RecordHeader) + kept);
  if (room.empty()) {
    return false;
  }
  const RecordHeader header{.seen = seen,
                            .number = frame.number(),
                            .size = static_cast<std::uint32_t>(frame.size()),
                            .offload = frame.offload()};
  std::memcpy(room.data(), &header, sizeof header);
  frame.copy(0, room.subspan(sizeof header));
  ring.commit();
  return true;
}

CapturedFrame CapturedFrame::read(std::span<const std::byte> record) noexcept {
  const RecordHeader header = header_of(record);
  return {.seen = header.seen,
          .offload = header.offload,
          .number = header.number,
          .size = header.size,
          .bytes = record.subspan(sizeof header)};
}

std::chrono::nanoseconds CapturedFrame::when_of(std::span<const std::byte> record) noexcept {
  return header_of(record).seen.when;
}

}  // namespace tapswitch
