// SPDX-License-Identifier: Apache-2.0
// ingress_ring.hpp: the ring by which a guest sends: frames are taken out of it, and lent where
// they lie until the batch in which they came has left.
//
// Theory of operation: chains are taken several at a time, under the lock, into a list of ours; one
// frame after the other is handed out of that without a lock. The chains go back to the guest
// together, by give_back(). Who stops the ring meanwhile gives back what was taken: the memory
// stays mapped until the batch has left, and the guest may write to it at any time as it is.
// Limits: most_taken chains between two give_back(); most_pieces pieces of memory in a chain.
// Threads: the worker takes, the control thread starts and stops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "switch/frame/frame_buffer.hpp"
#include "switch/frame/offload.hpp"
#include "switch/ports/port.hpp"
#include "switch/ports/vhost_user/shared_ring.hpp"

namespace tapswitch {

class IngressRing : public SharedRing {
 public:
  static constexpr std::size_t most_taken = 256;
  static constexpr std::size_t most_pieces = 256;

  // For the control thread.
  void start(RunningRing ring);
  // Returns where the ring is to go on if it is started again; nullopt: it does not run.
  std::optional<std::uint16_t> stop();

  // For the worker. 'empty': the ring does not run, or has no more; the guest kicks then when it
  // has. 'misframed': the guest lies, and the ring is not to be asked again. 'more' only if the
  // next frame is at hand.
  [[nodiscard]] ReceiveStatus next(FrameBuffer& frame) noexcept;
  // Whether next() would have something to say.
  [[nodiscard]] bool has_next() noexcept;
  // False: as call_anew().
  [[nodiscard]] bool give_back() noexcept;
  // Takes no more, until the ring is started anew.
  void abandon() noexcept;

 private:
  // A chain that was taken, and is not handed out yet.
  struct Taken {
    ReceiveStatus status = ReceiveStatus::received;
    Offload offload = {};
    std::uint16_t first = 0;  // of its pieces
    std::uint16_t count = 0;
  };
  static constexpr std::size_t most_at_once = 32;

  // Takes what there is. Nullopt: there is something to hand out.
  [[nodiscard]] std::optional<ReceiveStatus> take() noexcept;
  [[nodiscard]] bool take_one(std::uint32_t position) noexcept;
  [[nodiscard]] Taken read(std::size_t first, const SplitRing::Gathered& gathered) noexcept;

  // Guarded by the mutex.
  std::array<std::uint16_t, most_taken> heads_;  // of chains that were taken, the first 'taken_'
  std::size_t taken_ = 0;
  bool is_abandoned_ = false;

  // The worker's.
  std::array<Taken, most_at_once> list_;  // from 'position_' to 'end_'
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  std::array<SplitRing::Piece, 2 * most_pieces> pieces_;  // the first 'piece_count_'
  std::size_t piece_count_ = 0;
  std::array<FrameBuffer::Part, most_pieces> parts_;
  std::shared_ptr<const GuestMemory> lent_from_;  // null: nothing is lent
};

}  // namespace tapswitch
