// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vhost_user/guest_memory.hpp"

#include <algorithm>
#include <limits>

namespace tapswitch {
namespace {

constexpr std::uint64_t last_address = std::numeric_limits<std::uint64_t>::max();

bool overlap(std::uint64_t one, std::uint64_t one_size, std::uint64_t other,
             std::uint64_t other_size) {
  return one < other ? other - one < one_size : one - other < other_size;
}

}  // namespace

std::string_view fault_of(std::span<const VhostMessage::Region> regions) {
  for (const auto& region : regions) {
    if (region.size == 0) {
      return "a region of memory is empty";
    }
    if (std::max({region.guest, region.user, region.offset}) > last_address - region.size) {
      return "a region of memory reaches beyond the last address";
    }
    for (const auto& other : regions) {
      if (&other != &region && (overlap(region.guest, region.size, other.guest, other.size) ||
                                overlap(region.user, region.size, other.user, other.size))) {
        return "regions of memory overlap";
      }
    }
  }
  return {};
}

KernelResult<std::shared_ptr<const GuestMemory>> GuestMemory::map(
    std::span<const VhostMessage::Region> regions, std::span<const UniqueFd> files, int bell) {
  auto memory = std::make_shared<GuestMemory>();
  for (const auto& region : regions) {
    auto mapping =
        SharedMapping::map(files[memory->count_].get(), region.offset, region.size, bell);
    if (!mapping) {
      return mapping.error();
    }
    Part& part = memory->parts_[memory->count_++];
    part.region = region;
    part.bytes = mapping->bytes();
    part.mapping = std::move(*mapping);
  }
  return std::shared_ptr<const GuestMemory>(std::move(memory));
}

std::byte* GuestMemory::at_user(std::uint64_t address, std::uint64_t size,
                                std::size_t multiple_of) const noexcept {
  for (const Part& part : std::span(parts_).first(count_)) {
    const std::uint64_t begin = address - part.region.user;
    if (begin < part.region.size && size <= part.region.size - begin) {
      std::byte* const found = part.bytes.data() + begin;
      return reinterpret_cast<std::uintptr_t>(found) % multiple_of == 0 ? found : nullptr;
    }
  }
  return nullptr;
}

bool GuestMemory::is_lost() const noexcept {
  return std::ranges::any_of(std::span(parts_).first(count_),
                             [](const Part& part) { return part.mapping.is_lost(); });
}

}  // namespace tapswitch
