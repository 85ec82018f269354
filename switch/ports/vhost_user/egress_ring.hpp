// SPDX-License-Identifier: Apache-2.0
// egress_ring.hpp: the ring by which a guest receives: frames are copied into the buffers that it
// has made available, behind a virtio-net header.
//
// Theory of operation: a frame takes as many chains as it needs, if the guest merges buffers, else
// one. What is written is kept back until flush(): then the guest sees all of it, and is called
// once if it wants to be. The guest is never asked to kick: a frame for which it has no buffer is
// gone. Limits: most_chains chains and most_pieces pieces of memory for a frame. Threads: workers
// send and flush, also several at once; the control thread starts and stops.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "switch/frame/frame_buffer.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/vhost_user/shared_ring.hpp"

namespace tapswitch {

class EgressRing : public SharedRing {
 public:
  static constexpr std::size_t most_chains = 64;
  static constexpr std::size_t most_pieces = 256;

  // For the control thread; as IngressRing has them.
  void start(RunningRing ring);
  std::optional<std::uint16_t> stop();

  // 'link_down': the ring does not run; 'gone': the guest lies, and the ring is not to be asked
  // again.
  [[nodiscard]] SendStatus send(FrameBuffer& frame) noexcept;
  // False: as call_anew().
  [[nodiscard]] bool flush() noexcept;

 private:
  struct Chain {
    std::uint16_t head = 0;
    std::size_t size = 0;
  };

  // Finds chains with room for 'size' bytes.
  [[nodiscard]] SendStatus find_room(std::size_t size) noexcept;
  void write(const FrameBuffer& frame) noexcept;

  // Guarded by the mutex, as all that follows.
  std::array<Chain, most_chains> chains_;  // the first 'chain_count_' are for the frame at hand
  std::size_t chain_count_ = 0;
  std::array<SplitRing::Piece, most_pieces> pieces_;  // of them
  std::size_t piece_count_ = 0;
};

}  // namespace tapswitch
