// SPDX-License-Identifier: Apache-2.0
// Any bytes, in pieces of any size, as a stream of frames: what comes out are the frames that a
// plain reading of the whole finds, and there is always room for more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "switch/ports/socket/stream_deframer.hpp"

namespace {

using namespace tapswitch;
using Bytes = std::vector<std::byte>;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// Up to the first length that no frame has, or the end.
std::vector<Bytes> frames_of(std::span<const std::byte> stream) {
  std::vector<Bytes> frames;
  while (stream.size() >= StreamDeframer::length_size) {
    std::size_t size = 0;
    for (const std::byte octet : stream.first(StreamDeframer::length_size)) {
      size = size << 8 | std::to_integer<std::size_t>(octet);
    }
    stream = stream.subspan(StreamDeframer::length_size);
    if (size < 14 || size > FrameBuffer::max_frame_size || size > stream.size()) {
      break;
    }
    frames.emplace_back(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
  }
  return frames;
}

}  // namespace

// The first byte says how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t piece = data[0] == 255 ? StreamDeframer::capacity : data[0] + std::size_t{1};
  const std::span<const std::byte> stream = std::as_bytes(std::span(data + 1, size - 1));
  std::vector<Bytes> found;
  StreamDeframer deframer;
  for (auto rest = stream; !rest.empty();) {
    const auto space = deframer.space();
    require(!space.empty());
    const auto part = rest.first(std::min({rest.size(), piece, space.size()}));
    std::ranges::copy(part, space.begin());
    deframer.commit(part.size());
    rest = rest.subspan(part.size());
    auto next = deframer.next();
    for (; next.kind == StreamDeframer::Found::Kind::frame; next = deframer.next()) {
      found.emplace_back(next.frame.begin(), next.frame.end());
    }
    if (next.kind == StreamDeframer::Found::Kind::invalid) {
      break;
    }
  }
  require(found == frames_of(stream));
  return 0;
}
