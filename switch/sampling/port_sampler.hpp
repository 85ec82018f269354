// SPDX-License-Identifier: Apache-2.0
// port_sampler.hpp: samples the frames that come in by a port, one of so many, and notes those that
// are dropped there; what it notes lies in rings until the exporter tells of it.
//
// Theory of operation: each worker counts down to the next frame that it samples, by a number that
// falls anew after each sample, between 1 and twice the rate less one: its mean is the rate, and
// no pattern of the traffic can be in step with it. A super-frame counts as the frames that a wire
// would have carried. A sample is copied into the ring of its worker; where that is full it is
// lost, and counted. Drops are told at a bounded rate (DropBudget), and counted beyond it.
// Threads: any worker, as itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "switch/capture/capture_ring.hpp"
#include "switch/conditions/dice.hpp"
#include "switch/engine/observer.hpp"
#include "switch/engine/switch.hpp"
#include "switch/forwarding/fdb.hpp"

namespace tapswitch {

// How many drops may be told until there is more to spend. Threads: any.
class DropBudget {
 public:
  [[nodiscard]] bool take() noexcept {
    return left_.load(std::memory_order_relaxed) > 0 &&
           left_.fetch_sub(1, std::memory_order_relaxed) > 0;
  }
  void fill(std::int32_t count) noexcept { left_.store(count, std::memory_order_relaxed); }
  [[nodiscard]] std::int32_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int32_t> left_ = 0;
};

// Workers put samples in, the exporter takes them out.
struct SampleIntake {
  static constexpr std::size_t ring_bytes = std::size_t{256} * 1'024;

  explicit SampleIntake(std::size_t worker_count);

  std::vector<std::unique_ptr<CaptureRing>> rings;  // one a worker
  DropBudget drops;
};

// The numbers of the ports of a switch, by their indices there; 0: none is known.
struct PortNumberTable {
  std::array<std::atomic<std::uint32_t>, max_ports> numbers{};
};

class PortSampler final : public PortObserver {
 public:
  struct Settings {
    std::uint32_t port = 0;  // its number
    std::uint32_t rate = 0;  // 0: nothing is sampled
    bool tells_drops = false;
    std::size_t header_bytes = 0;
    const Fdb* fdb = nullptr;  // of its switch, which must outlive it
    std::uint64_t seed = 0;
  };

  PortSampler(const Settings& settings, std::shared_ptr<SampleIntake> intake,
              std::shared_ptr<const PortNumberTable> ports);

  [[nodiscard]] std::optional<DropReason> received(std::size_t worker, const FrameBuffer& frame,
                                                   VlanId vid, TimePoint now) noexcept override {
    if (settings_.rate != 0) {
      OfWorker& mine = of_workers_[worker];
      const std::size_t count = frame.wire_count();
      if (count < mine.left) [[likely]] {
        mine.left -= static_cast<std::uint32_t>(count);
      } else {
        sample(worker, frame, count, {.vid = vid, .now = now});
      }
    }
    return std::nullopt;
  }
  void cuts(std::size_t /*worker*/, const FrameBuffer& /*frame*/) noexcept override {}
  void sends(std::size_t /*worker*/, const FrameBuffer& /*frame*/,
             VlanId /*vid*/) noexcept override {}
  void drops(std::size_t worker, const FrameBuffer& frame, const Drop& drop) noexcept override;

 private:
  struct alignas(64) OfWorker {
    explicit OfWorker(std::uint64_t seed, std::uint64_t worker) : dice(seed, worker) {}
    // A vector wants this one, which has room before the first comes.
    OfWorker(OfWorker&& other) noexcept : dice(other.dice) {}
    OfWorker(const OfWorker&) = delete;
    OfWorker& operator=(const OfWorker&) = delete;
    OfWorker& operator=(OfWorker&&) = delete;
    ~OfWorker() = default;

    std::uint32_t left = 0;   // frames until that which is sampled, with it
    std::uint32_t drawn = 0;  // what 'left' began with
    Dice dice;
    std::atomic<std::uint32_t> pool = 0;  // as of the last sample; likewise the others
    std::atomic<std::uint32_t> lost = 0;
    std::atomic<std::uint32_t> lost_drops = 0;
  };
  using Count = std::atomic<std::uint32_t> OfWorker::*;

  struct Look {
    VlanId vid;
    TimePoint now;
  };
  [[gnu::noinline]] void sample(std::size_t worker, const FrameBuffer& frame, std::size_t count,
                                const Look& look) noexcept;
  void draw(OfWorker& mine) const noexcept;
  [[nodiscard]] std::uint32_t output_of(const FrameBuffer& frame, const Look& look) const noexcept;
  [[nodiscard]] std::uint32_t sum(Count count) const noexcept;
  static void add_one(std::atomic<std::uint32_t>& count) noexcept {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  const Settings settings_;
  const std::shared_ptr<SampleIntake> intake_;
  const std::shared_ptr<const PortNumberTable> ports_;
  std::vector<OfWorker> of_workers_;
};

}  // namespace tapswitch
