// SPDX-License-Identifier: Apache-2.0
// slow_task.hpp: a SlowCall with something to take home: what it works on is here when it is done,
// and a bell rings then.
//
// A task is any type with carry_out() noexcept. Threads: the one that begins it, but for the task,
// which is another's until it is done.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "switch/system/bell.hpp"
#include "switch/system/slow_call.hpp"

namespace tapswitch {

template <class Task>
class SlowTask {
 public:
  // Null: no bell rings.
  SlowTask(const SlowCall::Party& party, Task task, SharedBell bell)
      : shared_(std::make_shared<Shared>(std::move(task), std::move(bell))),
        call_(party, [shared = shared_] { shared->carry_out(); }) {}

  [[nodiscard]] bool is_done() const noexcept {
    return shared_->is_done.load(std::memory_order_acquire);
  }

  // Waits for it as SlowCall::wait() does. Returns whether it is done.
  [[nodiscard]] bool wait(std::chrono::milliseconds patience) const {
    return call_.wait(patience) && is_done();
  }

  // Requires: it is done.
  [[nodiscard]] Task& task() noexcept { return shared_->task; }
  [[nodiscard]] const Task& task() const noexcept { return shared_->task; }

 private:
  struct Shared {
    Shared(Task what, SharedBell rung) : task(std::move(what)), bell(std::move(rung)) {}

    void carry_out() noexcept {
      task.carry_out();
      is_done.store(true, std::memory_order_release);
      if (bell != nullptr) {
        bell->ring();
      }
    }

    Task task;
    const SharedBell bell;
    std::atomic<bool> is_done = false;
  };

  std::shared_ptr<Shared> shared_;
  SlowCall call_;
};

}  // namespace tapswitch
