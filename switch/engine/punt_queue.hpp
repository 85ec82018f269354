// SPDX-License-Identifier: Apache-2.0
// punt_queue.hpp: frames on their way from the workers to the protocols on the control thread.
//
// Limits: 'capacity' frames, of which one port may have 'share', so that a storm at one port does
// not keep the others' protocols from being heard; frames of 'most_octets'. What is beyond is
// refused, and counted.
// Threads: push() any worker; the rest the control thread. A worker that punts takes a mutex for
// the time of one copy; no other frame does.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "switch/forwarding/fdb.hpp"
#include "switch/forwarding/port_index.hpp"
#include "switch/frame/vlan_tag.hpp"

namespace tapswitch {

template <typename Bytes>
struct BasicPuntedFrame {
  PortIndex port{};                // by which it came in
  VlanId vid = no_vlan;            // its VLAN; no_vlan: it concerns the link alone
  std::optional<Learned> learned;  // what became of its source
  TimePoint when{};
  Bytes bytes;  // as it came in, with the tags that it had
};

using PuntedFrame = BasicPuntedFrame<std::vector<std::byte>>;
using FrameToPunt = BasicPuntedFrame<std::span<const std::byte>>;

class PuntQueue {
 public:
  static constexpr std::size_t capacity = 256;
  static constexpr std::size_t share = 64;
  static constexpr std::size_t most_octets = 2'048;

  // 'on_frame' is called by a worker's thread when a frame is put into the empty queue: it must
  // only pass the word on.
  explicit PuntQueue(std::function<void()> on_frame);

  void push(const FrameToPunt& frame) noexcept;

  // Takes the oldest out; nullopt if there is none.
  [[nodiscard]] std::optional<PuntedFrame> pop();

  // How many were refused.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::function<void()> on_frame_;
  // One place after the other, of 'most_octets' each. Not initialised: no page is touched before
  // it is used.
  const std::unique_ptr<std::byte[]> memory_;
  std::atomic<std::uint64_t> refused_ = 0;

  std::mutex mutex_;                            // guards what follows
  std::array<FrameToPunt, capacity> frames_{};  // their bytes lie in the memory of their places
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  std::array<std::uint16_t, max_ports> waiting_{};  // by PortIndex
};

}  // namespace tapswitch
