// SPDX-License-Identifier: Apache-2.0
// worker_pool.hpp: holds the workers that the switches of a process share, and has them do what the
// control thread wants.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "switch/engine/adopters.hpp"
#include "switch/engine/worker.hpp"

namespace tapswitch {

// Threads: the control thread alone.
class WorkerPool final : private Adopter {
 public:
  static constexpr std::size_t max_count = 64;

  // 'count' is 1 to max_count. 'busy_poll': how long after a frame a port is polled for the next;
  // zero: not at all.
  explicit WorkerPool(std::size_t count, std::chrono::microseconds busy_poll = {});

  // The workers, and whoever takes frames off them.
  [[nodiscard]] Adopters& adopters() { return adopters_; }

  [[nodiscard]] std::size_t count() const { return workers_.size(); }
  [[nodiscard]] Worker& worker(std::size_t number) { return *workers_[number]; }

  // A number that no switch had before.
  [[nodiscard]] SwitchId new_switch_id() { return static_cast<SwitchId>(next_switch_id_++); }

  // The worker that has fewest queues of ports to receive by.
  [[nodiscard]] std::size_t idlest_worker() const;

  // Keep count of the queues that a worker receives by.
  void engage_worker(std::size_t number) { ++queue_counts_[number]; }
  void release_worker(std::size_t number) { --queue_counts_[number]; }

  // Has every worker run 'task', and returns when all have done so. Throws what a task has thrown,
  // or that there was no memory to ask all of them. Never call it from a worker.
  void run_on_all(const std::function<void(Worker&)>& task);

  // The same for one worker.
  void run_on(Worker& worker, const std::function<void(Worker&)>& task);

 private:
  class Errand;

  void withdraw(SwitchId /*id*/) noexcept override {}
  void adopt_all(std::span<const Adoption> all) override;

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::size_t> queue_counts_;  // by worker
  std::uint32_t next_switch_id_ = 0;
  Adopters adopters_{*this};
};

}  // namespace tapswitch
