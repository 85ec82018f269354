// SPDX-License-Identifier: Apache-2.0
#include "switch/ports/vxlan/remotes.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace tapswitch {
namespace {

std::uint64_t hash_of_host(const sockaddr_storage& address) noexcept {
  std::array<std::uint64_t, 2> host{};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 raw;
    std::memcpy(&raw, &address, sizeof raw);
    std::memcpy(host.data(), &raw.sin6_addr, sizeof raw.sin6_addr);
  } else {
    sockaddr_in raw;
    std::memcpy(&raw, &address, sizeof raw);
    host[0] = raw.sin_addr.s_addr;
  }
  constexpr std::uint64_t multiplier = 0x9e37'79b9'7f4a'7c15;
  const std::uint64_t sum = host[0] * multiplier ^ host[1];
  return (sum ^ sum >> 32) * multiplier >> 32;
}

sockaddr_storage raw_of(const SocketAddress& address) noexcept {
  sockaddr_storage raw{};
  std::memcpy(&raw, address.get(), address.size());
  return raw;
}

}  // namespace

Remotes::Remotes(std::span<const SocketAddress> told, const SocketAddress& local, bool learns)
    : told_count_(told.size()), local_(local), learns_(learns) {
  remotes_.reserve(told.size() + (learns ? most_learned : 0));
  for (const SocketAddress& each : told) {
    remotes_.push_back(std::make_unique<Remote>(each, true));
    enter(remotes_.size() - 1);
  }
}

// The slot of 'host', or the free one where it is to be.
std::size_t Remotes::slot_of(const sockaddr_storage& host) const noexcept {
  std::size_t slot = hash_of_host(host) % index_size;
  while (index_[slot] != 0 && !remotes_[index_[slot] - 1U]->address.is_on(host)) {
    slot = (slot + 1) % index_size;
  }
  return slot;
}

void Remotes::enter(std::size_t number) noexcept {
  index_[slot_of(raw_of(remotes_[number]->address))] = static_cast<std::uint16_t>(number + 1);
  count_.store(number + 1, std::memory_order_release);
}

std::optional<std::size_t> Remotes::find_or_learn(const sockaddr_storage& source,
                                                  std::uint32_t second) noexcept {
  if (const std::uint16_t entry = index_[slot_of(source)]; entry != 0) {
    remotes_[entry - 1U]->heard_at.store(second, std::memory_order_relaxed);
    return entry - 1U;
  }
  if (!learns_ || local_.is_on(source)) {
    return std::nullopt;
  }
  if (remotes_.size() == told_count_ + most_learned) {
    not_learned_.add(1);
    return std::nullopt;
  }
  try {
    // A source port is one of a flow.
    auto learned =
        std::make_unique<Remote>(SocketAddress::of_same_host(source, local_.port()), false);
    learned->heard_at.store(second, std::memory_order_relaxed);
    remotes_.push_back(std::move(learned));
  } catch (const std::bad_alloc&) {
    not_learned_.add(1);
    return std::nullopt;
  }
  enter(remotes_.size() - 1);
  return remotes_.size() - 1;
}

}  // namespace tapswitch
