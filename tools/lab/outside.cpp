// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/outside.hpp"

#include <utility>

namespace tapswitch::lab {

Outside::Outside() : thread_([this](const std::stop_token& end) { serve(end); }) {}

void Outside::run(const std::function<void()>& work) {
  std::packaged_task<void()> task(work);
  auto result = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  result.get();
}

void Outside::serve(const std::stop_token& end) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, end, [this] { return !tasks_.empty(); })) {
    std::packaged_task<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace tapswitch::lab
