// SPDX-License-Identifier: Apache-2.0
// patch_port.hpp: the port that leads to another switch of this process: what one end sends the
// other receives, uncut and unfinished as it is.
//
// Theory of operation: two ports share a cable, which has a queue for each direction. The first end
// is opened alone and has no carrier until the second is plugged into its cable. When an end is
// closed, the other stays and loses its carrier; a new end can then be plugged in.
// That a frame does not circle for ever is not this file's business: who opens patches must not
// let them make a ring.
// Limits: FrameQueue::capacity as in 'queue_bytes' in each direction; beyond it send() says busy.
// That is room for what one batch of a worker sends, for both ends may have the same worker.
//
// Threads: as port.hpp says; opening and closing are for the control thread.
#pragma once

#include <cstdint>
#include <memory>

#include "switch/ports/port.hpp"
#include "switch/system/kernel_error.hpp"

namespace tapswitch {

class PatchPort final : public Port {
 public:
  static constexpr std::size_t queue_bytes = 4 << 20;

  // The first end of a new cable.
  [[nodiscard]] static KernelResult<std::unique_ptr<PatchPort>> open();

  // The other end of the cable of 'peer', which must not have one.
  [[nodiscard]] static std::unique_ptr<PatchPort> open_opposite(const PatchPort& peer);

  PatchPort(const PatchPort&) = delete;
  PatchPort& operator=(const PatchPort&) = delete;
  ~PatchPort() override;

  [[nodiscard]] int descriptor(std::size_t queue) const noexcept override;
  [[nodiscard]] ReceiveStatus receive(std::size_t queue, FrameBuffer& frame) noexcept override;
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept override;
  [[nodiscard]] OffloadSet offloads() const noexcept override {
    OffloadSet all = all_offloads;
    all.tunnels = true;
    return all;
  }
  [[nodiscard]] LinkStatus link() const override;

 private:
  struct Cable;

  PatchPort(std::shared_ptr<Cable> cable, std::size_t side);

  std::shared_ptr<Cable> cable_;
  const std::size_t side_;
};

}  // namespace tapswitch
