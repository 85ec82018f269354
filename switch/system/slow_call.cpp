// SPDX-License-Identifier: Apache-2.0
#include "switch/system/slow_call.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace tapswitch {

struct SlowCall::Work {
  uid_t user;
  std::function<void()> run;
};

class SlowCall::Threads {
 public:
  void add(const std::shared_ptr<Work>& work) {
    const std::lock_guard lock(mutex_);
    under_way_.try_emplace(work->user, 0);  // all that takes memory comes before it can begin
    waiting_.push_back(work);
    if (waiting_.size() > idle_ && threads_ < most_threads) {
      start_thread();
    }
    wake_.notify_one();
  }

  void take_back(const std::shared_ptr<Work>& work) {
    const std::lock_guard lock(mutex_);
    if (waiting_.remove(work) > 0) {
      forget(work->user);
    }
  }

 private:
  using Waiting = std::list<std::shared_ptr<Work>>;

  // The process does not wait for it at its end: then the kernel ends it, whatever it waits for.
  void start_thread() {
    try {
      std::thread([this] { run(); }).detach();
      ++threads_;
    } catch (const std::exception&) {
      // Then one of those that are there comes to it, or the one that starts with the next.
    }
  }

  // The first whose user may have one more.
  Waiting::iterator next() {
    return std::ranges::find_if(waiting_, [this](const std::shared_ptr<Work>& work) {
      return under_way_.at(work->user) < most_of_a_user;
    });
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      auto found = waiting_.end();
      wake_.wait(lock, [&] { return (found = next()) != waiting_.end(); });
      --idle_;
      std::shared_ptr<Work> work = std::move(*found);
      waiting_.erase(found);
      const uid_t user = work->user;
      ++under_way_.at(user);
      lock.unlock();
      work->run();
      work.reset();
      lock.lock();
      --under_way_.at(user);
      forget(user);
      wake_.notify_all();  // it may be the turn of one who was passed over
    }
  }

  // The users of the table are those of whom something waits or is under way.
  void forget(uid_t user) {
    const auto is_of_user = [user](const auto& work) { return work->user == user; };
    if (under_way_.at(user) == 0 && std::ranges::none_of(waiting_, is_of_user)) {
      under_way_.erase(user);
    }
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  Waiting waiting_;
  std::map<uid_t, std::size_t> under_way_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;  // of them; one that starts is not
};

// Never destroyed, for its threads never end.
SlowCall::Threads& SlowCall::threads() {
  static auto* const the = new Threads;
  return *the;
}

SlowCall::SlowCall(uid_t user, std::function<void()> work)
    : work_(std::make_shared<Work>(Work{.user = user, .run = std::move(work)})) {
  threads().add(work_);
}

SlowCall::~SlowCall() { threads().take_back(work_); }

}  // namespace tapswitch
