// SPDX-License-Identifier: Apache-2.0
// Any bytes as the memory of a guest, with both its rings in it, which change while they are read:
// whatever is there, frames are no longer than any may be, nothing outside the memory is touched,
// and no ring is gone through without end. The input: whether there are event indices, then pieces
// of memory that are written one after the other, each as in 'scribble'.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "switch/ports/vhost_user/egress_ring.hpp"
#include "switch/ports/vhost_user/ingress_ring.hpp"
#include "switch/system/bell.hpp"

namespace tapswitch {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint64_t memory_size = 0x1'0000;
constexpr std::uint32_t ring_size = 16;
// Two regions that are neighbours in the guest, so that buffers may lie across.
constexpr std::array<VhostMessage::Region, 2> regions{
    {{0, memory_size / 2, 0, 0},
     {memory_size / 2, memory_size / 2, memory_size / 2, memory_size / 2}}};

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

class World {
 public:
  World() {
    std::array<UniqueFd, 2> files;
    files[0].reset(::memfd_create("guest", MFD_CLOEXEC));
    files[1].reset(::dup(files[0].get()));
    require(::ftruncate(files[0].get(), memory_size) == 0);
    memory_ = GuestMemory::map(regions, files, bell_.descriptor()).value();
  }

  void run(Bytes input) {
    const bool has_events = input.empty() || (std::to_integer<int>(input[0]) & 1) != 0;
    const bool merges = input.empty() || (std::to_integer<int>(input[0]) & 2) != 0;
    input = input.subspan(std::min<std::size_t>(1, input.size()));
    std::memset(at(0), 0, memory_size / 2);
    std::memset(at(memory_size / 2), 0, memory_size / 2);
    scribble(input);
    ingress_.start(ring_at(0, has_events, merges));
    egress_.start(ring_at(0x400, has_events, merges));
    for (int turn = 0; turn < 4; ++turn) {
      receive();
      scribble(input);
      send();
      scribble(input);
    }
    (void)ingress_.stop();
    (void)egress_.stop();
    require(ingress_.give_back());
    require(!has_frame(drain()));
  }

 private:
  [[nodiscard]] std::byte* at(std::uint64_t offset) const { return memory_->at(offset, 1).data(); }

  [[nodiscard]] RunningRing ring_at(std::uint64_t offset, bool has_events, bool merges) const {
    const auto place = SplitRing::Place::find(
        *memory_, {.descriptors = offset, .used = offset + 0x200, .available = offset + 0x100},
        ring_size);
    require(place.is_there());
    return {.ring = SplitRing(memory_, place, 0, has_events),
            .call = nullptr,
            .merges_buffers = merges,
            .offloads = all_offloads};
  }

  // Frames that were taken before a ring was stopped are handed out all the same.
  [[nodiscard]] ReceiveStatus drain() {
    ReceiveStatus status = ReceiveStatus::received;
    for (std::size_t i = 0; has_frame(status) && i <= IngressRing::most_taken; ++i) {
      status = ingress_.next(buffer_);
    }
    return status;
  }

  void receive() {
    for (std::size_t i = 0; i < 2 * IngressRing::most_taken; ++i) {
      const ReceiveStatus status = ingress_.next(buffer_);
      if (status == ReceiveStatus::empty || status == ReceiveStatus::misframed) {
        break;
      }
      if (has_frame(status)) {
        require(buffer_.size() <= FrameBuffer::max_frame_size);
        require(buffer_.head().size() >= std::min(buffer_.size(), FrameBuffer::lent_head_size));
        buffer_.copy(0, std::span(copy_).first(buffer_.size()));
      }
    }
    require(ingress_.give_back());
  }

  void send() {
    for (const std::size_t size : {14U, 1'500U, 9'000U, 65'000U}) {
      buffer_.assign(size);
      (void)egress_.send(buffer_);
    }
    require(egress_.flush());
  }

  // Writes one piece: where in units of two bytes, how many bytes, and those.
  void scribble(Bytes& input) {
    if (input.size() < 3) {
      return;
    }
    const std::size_t offset =
        2 * (std::to_integer<std::size_t>(input[0]) | std::to_integer<std::size_t>(input[1]) << 8) %
        memory_size;
    const std::size_t size = std::min({std::to_integer<std::size_t>(input[2]), input.size() - 3,
                                       memory_->at(offset, memory_size).size()});
    std::memcpy(at(offset), input.data() + 3, size);
    input = input.subspan(3 + size);
  }

  Bell bell_;
  std::shared_ptr<const GuestMemory> memory_;
  IngressRing ingress_;
  EgressRing egress_;
  FrameBuffer buffer_;
  std::array<std::byte, FrameBuffer::max_frame_size> copy_{};
};

}  // namespace
}  // namespace tapswitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto world = std::make_unique<tapswitch::World>();
  world->run(std::as_bytes(std::span(data, size)));
  return 0;
}
