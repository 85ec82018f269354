// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/worker_pool.hpp"

#include <algorithm>
#include <cassert>
#include <exception>
#include <latch>
#include <mutex>

namespace tapswitch {

WorkerPool::WorkerPool(std::size_t count, std::chrono::microseconds busy_poll)
    : queue_counts_(count) {
  assert(count > 0 && count <= max_count);
  for (std::size_t number = 0; number < count; ++number) {
    workers_.push_back(std::make_unique<Worker>(number, busy_poll));
  }
}

std::size_t WorkerPool::idlest_worker() const {
  const auto idlest = std::min_element(queue_counts_.begin(), queue_counts_.end());
  return static_cast<std::size_t>(idlest - queue_counts_.begin());
}

// A task under way on several workers, and the first thing that it has thrown on one of them.
class WorkerPool::Errand {
 public:
  Errand(const std::function<void(Worker&)>& task, std::size_t count)
      : task_(task), done_(static_cast<std::ptrdiff_t>(count)) {}

  // However that ends, the worker has done its part afterwards or does it soon.
  void send_to(Worker& worker) noexcept {
    try {
      worker.post([this, &worker] { carry_out(worker); });
    } catch (...) {
      note();
    }
  }

  // Returns when all have done their part.
  void wait() {
    done_.wait();
    if (thrown_) {
      std::rethrow_exception(thrown_);
    }
  }

 private:
  void carry_out(Worker& worker) noexcept {
    try {
      task_(worker);
    } catch (...) {
      note();
      return;
    }
    done_.count_down();
  }

  void note() noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (!thrown_) {
        thrown_ = std::current_exception();
      }
    }
    done_.count_down();
  }

  const std::function<void(Worker&)>& task_;
  std::latch done_;
  std::mutex mutex_;
  std::exception_ptr thrown_;  // guarded by mutex_
};

// Workers are waited for once, however many switches there are.
void WorkerPool::adopt_all(std::span<const Adoption> all) {
  run_on_all([&](Worker& worker) {
    for (const Adoption& each : all) {
      worker.adopt(each.id, each.picture);
    }
  });
}

void WorkerPool::run_on_all(const std::function<void(Worker&)>& task) {
  Errand errand(task, workers_.size());
  for (const auto& worker : workers_) {
    errand.send_to(*worker);
  }
  errand.wait();
}

void WorkerPool::run_on(Worker& worker, const std::function<void(Worker&)>& task) {
  Errand errand(task, 1);
  errand.send_to(worker);
  errand.wait();
}

}  // namespace tapswitch
