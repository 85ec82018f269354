// SPDX-License-Identifier: Apache-2.0
// lending_port.hpp: a port that lends its frames, as that of a guest whose memory is mapped does:
// they stay where they came in, in pieces, until they are given back. What was given back is
// overwritten and freed, so that whoever reads it even so is found out.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "switch/frame/frame_buffer.hpp"
#include "tests/support/socket_port.hpp"

namespace tapswitch::test {

class LentMemory {
 public:
  LentMemory() = default;
  LentMemory(const LentMemory&) = delete;
  LentMemory& operator=(const LentMemory&) = delete;
  ~LentMemory() { take_back(); }

  // Copies 'bytes' into pieces, each in memory of its own; the longest frame is in nine. They stay
  // until take_back().
  [[nodiscard]] std::vector<FrameBuffer::Part> lend(std::span<const std::byte> bytes);
  void take_back();

 private:
  std::vector<std::vector<std::byte>> pieces_;
};

// Makes the bytes of 'frame' that it has borrowed from 'memory', with its headers found.
void fill_lent(FrameBuffer& buffer, LentMemory& memory, std::span<const std::byte> frame,
               const Offload& offload = {});

// Returns all of a frame, its body with it.
[[nodiscard]] std::vector<std::byte> bytes_of(const FrameBuffer& frame);

class LendingPort final : public Port {
 public:
  explicit LendingPort(std::unique_ptr<Port> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override {
    return inner_->descriptor(queue);
  }
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  void give_back(std::size_t queue) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override {
    return inner_->send(frame);
  }
  [[nodiscard]] OffloadSet offloads() const noexcept override { return inner_->offloads(); }
  [[nodiscard]] LinkStatus link() const override { return inner_->link(); }

  // How many frames are lent now. Any thread.
  [[nodiscard]] std::size_t lent_count() const { return lent_count_; }

  // From now on nobody may ask the port for anything: whoever does is noted. Any thread.
  void retire() { is_retired_ = true; }
  [[nodiscard]] bool is_asked_in_retirement() const { return is_asked_late_; }

 private:
  std::unique_ptr<Port> inner_;
  LentMemory memory_;
  std::atomic<std::size_t> lent_count_ = 0;
  std::atomic<bool> is_retired_ = false;
  std::atomic<bool> is_asked_late_ = false;
};

}  // namespace tapswitch::test
