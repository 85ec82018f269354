// SPDX-License-Identifier: Apache-2.0
// remotes.hpp: the other ends of a tunnel: where they are, and what was exchanged with each.
//
// Theory of operation: a remote is told by the user, or learned from who sends. It has a number,
// from 0, which it keeps: what is at a number never changes, so that a worker that sends needs no
// lock while another one learns. A learned one that was silent for 'silence' gets nothing that is
// flooded until it is heard again.
// Limits: 'most' remotes, of which 'most_learned' may be learned; who comes beyond is refused and
// counted. Threads: find_or_learn() by the worker that receives; the rest by any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "switch/system/socket_address.hpp"

namespace tapswitch {

// Written by whoever sends or receives, read by any.
class SharedCount {
 public:
  void add(std::uint64_t count) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct Remote {
  Remote(const SocketAddress& at, bool told) : address(at), is_told(told) {}

  const SocketAddress address;
  const bool is_told;
  std::atomic<std::uint32_t> heard_at = 0;  // the second; of one that was learned
  std::atomic<std::uint32_t> way_mtu = 0;   // of the route to it; 0: not known
  SharedCount in_frames;
  SharedCount in_octets;  // of frames
  SharedCount out_frames;
  SharedCount out_octets;
  SharedCount unsent;   // frames that the kernel did not take
  SharedCount refused;  // datagrams that came back: nobody takes them there, or there is no way
};

class Remotes {
 public:
  static constexpr std::size_t most = 1'024;
  static constexpr std::size_t most_learned = 256;
  static constexpr std::chrono::seconds silence{300};

  // 'told' are at most 'most', and different hosts. All have the port of 'local', where this host
  // receives; itself it never learns.
  Remotes(std::span<const SocketAddress> told, const SocketAddress& local, bool learns);

  [[nodiscard]] std::size_t count() const noexcept {
    return count_.load(std::memory_order_acquire);
  }
  // Requires: 'number' is less than count().
  [[nodiscard]] Remote& at(std::size_t number) const noexcept {
    return *remotes_.data()[number];  // the vector itself may be growing
  }

  // Whether there can be more than one.
  [[nodiscard]] bool are_several() const noexcept { return learns_ || told_count_ > 1; }

  // Returns the number of the one at the host of 'source', which may be learned now. Nullopt: it is
  // none.
  [[nodiscard]] std::optional<std::size_t> find_or_learn(const sockaddr_storage& source,
                                                         std::uint32_t second) noexcept;

  // Whether what is flooded goes there.
  [[nodiscard]] bool is_flooded(const Remote& remote, std::uint32_t second) const noexcept {
    return remote.is_told || second - remote.heard_at.load(std::memory_order_relaxed) <=
                                 static_cast<std::uint32_t>(silence.count());
  }

  // Counts who was not learned for want of room.
  [[nodiscard]] std::uint64_t not_learned() const noexcept { return not_learned_.value(); }

 private:
  // At most half of it is used.
  static constexpr std::size_t index_size = 4'096;

  [[nodiscard]] std::size_t slot_of(const sockaddr_storage& host) const noexcept;
  void enter(std::size_t number) noexcept;

  std::vector<std::unique_ptr<Remote>> remotes_;  // has room for all that there can be
  std::atomic<std::size_t> count_ = 0;
  // One more than a number, where the hash of its host leads or behind; 0: nothing. Grows only.
  std::array<std::uint16_t, index_size> index_{};
  std::size_t told_count_;
  SocketAddress local_;
  bool learns_;
  SharedCount not_learned_;
};

}  // namespace tapswitch
