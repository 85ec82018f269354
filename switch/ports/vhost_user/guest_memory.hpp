// SPDX-License-Identifier: Apache-2.0
// guest_memory.hpp: the memory of a virtual machine as its front end has passed it: regions that
// are mapped here, and what the guest's addresses are in them.
//
// Limits: VhostMessage::most_regions regions, that overlap neither in the guest nor in the front
// end; what SharedMapping maps. Threads: any; it does not change, but that it may be lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "switch/ports/vhost_user/vhost_message.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/shared_mapping.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// Says what is wrong with regions before any is mapped; empty: nothing.
[[nodiscard]] std::string_view fault_of(std::span<const VhostMessage::Region> regions);

class GuestMemory {
 public:
  // Maps each region from the file at its place. 'bell' is as SharedMapping::map() has it.
  [[nodiscard]] static KernelResult<std::shared_ptr<const GuestMemory>> map(
      std::span<const VhostMessage::Region> regions, std::span<const UniqueFd> files, int bell);

  // Returns the bytes that the guest has at 'address', as many of 'size' as lie in one region;
  // empty: it has none there.
  [[nodiscard]] std::span<std::byte> at(std::uint64_t address, std::uint64_t size) const noexcept {
    for (const Part& part : std::span(parts_).first(count_)) {
      if (const std::uint64_t begin = address - part.region.guest; begin < part.region.size) {
        return part.bytes.subspan(begin, std::min(size, part.region.size - begin));
      }
    }
    return {};
  }

  // Returns the 'size' bytes that the front end has at 'address', aligned so; null: they are not in
  // one region.
  [[nodiscard]] std::byte* at_user(std::uint64_t address, std::uint64_t size,
                                   std::size_t multiple_of) const noexcept;

  // Whether some of it is gone: its file was shortened, or there was no room in its file system.
  [[nodiscard]] bool is_lost() const noexcept;

 private:
  struct Part {
    VhostMessage::Region region;
    std::span<std::byte> bytes;
    SharedMapping mapping;
  };

  std::array<Part, VhostMessage::most_regions> parts_;
  std::size_t count_ = 0;
};

}  // namespace tapswitch
