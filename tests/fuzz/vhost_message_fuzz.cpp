// SPDX-License-Identifier: Apache-2.0
// Any bytes, in pieces of any size and with any descriptors, as messages of vhost-user: what comes
// out is a message that says no more than it may, or the stream ends. The first byte says how large
// the pieces are, the second how many descriptors come with each message.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "switch/ports/vhost_user/guest_memory.hpp"
#include "switch/ports/vhost_user/vhost_message.hpp"

namespace {

using namespace tapswitch;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check(const VhostMessage& message, std::size_t descriptors) {
  require(message.region_count <= VhostMessage::most_regions);
  require(descriptors == message.region_count + (message.has_descriptor ? 1U : 0U));
  if (fault_of(message.regions()).empty()) {
    for (const auto& region : message.regions()) {
      require(region.size > 0 && region.guest + region.size > region.guest &&
              region.user + region.size > region.user);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::size_t piece = data[0] + std::size_t{1};
  const std::size_t descriptors = data[1] % 10;
  auto rest = std::as_bytes(std::span(data + 2, size - 2));
  VhostMessageReader reader;
  std::size_t given = 0;
  while (!rest.empty()) {
    const auto space = reader.space();
    require(!space.empty() && space.size() <= VhostMessage::max_size);
    const auto part = rest.first(std::min({rest.size(), piece, space.size()}));
    std::ranges::copy(part, space.begin());
    rest = rest.subspan(part.size());
    const auto state = reader.commit(part.size(), given == 0 ? descriptors : 0);
    given = descriptors;
    if (state == VhostMessageReader::State::invalid) {
      require(!reader.fault().empty());
      return 0;
    }
    if (state == VhostMessageReader::State::complete) {
      check(reader.message(), descriptors);
      reader.reset();
      given = 0;
    }
  }
  return 0;
}
