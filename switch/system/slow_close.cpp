// SPDX-License-Identifier: Apache-2.0
#include "switch/system/slow_close.hpp"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace tapswitch {
namespace {

class Closer {
 public:
  void add(int fd) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(fd);
    if (waiting_.size() > idle_ && threads_ < most_close_threads) {
      start_thread();
    }
    wake_.notify_one();
  }

  std::size_t unclosed() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() + threads_ - idle_;
  }

 private:
  // The process does not wait for it at its end: then the kernel closes what is left, and waits for
  // nobody.
  void start_thread() {
    try {
      std::thread([this] { run(); }).detach();
      ++threads_;
    } catch (const std::exception&) {
      // Then one of those that are there comes to it, or the one that starts with the next.
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [this] { return !waiting_.empty(); });
      --idle_;
      const int fd = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      ::close(fd);
      lock.lock();
    }
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<int> waiting_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;  // of them; one that starts is not
};

// Never destroyed, for its threads never end.
Closer& closer() {
  static auto* const the = new Closer;
  return *the;
}

}  // namespace

void close_slowly(UniqueFd fd) noexcept {
  if (!fd.is_open()) {
    return;
  }
  try {
    closer().add(fd.release());
  } catch (const std::exception&) {
    // Without memory it stays open: that is better than to wait for a stranger.
  }
}

bool is_close_behind(std::size_t most) noexcept { return closer().unclosed() >= most; }

}  // namespace tapswitch
