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
#include <vector>

#include <fmt/format.h>

namespace tapswitch {
namespace {

using Clock = std::chrono::steady_clock;

// Whether the calling thread is one of those that may wait.
thread_local bool may_wait = false;

}  // namespace

struct SlowCall::Work {
  Party party;
  std::function<void()> run;
  Clock::time_point begun{};
  bool is_done = false;  // this and 'begun' guarded by the mutex of the threads
};

class SlowCall::Threads {
 public:
  void start() {
    const std::lock_guard lock(mutex_);
    if (threads_ == 0) {
      start_thread();
    }
  }

  void add(const std::shared_ptr<Work>& work) {
    const std::lock_guard lock(mutex_);
    // All that takes memory comes before it can begin.
    Queue& queue = parties_.try_emplace(work->party.name, work->party).first->second;
    try {
      if (queue.own_turn.empty() && !queue.has_turn) {
        queue.turn = queue.own_turn.insert(queue.own_turn.end(), &queue);
      }
      queue.under_way.reserve(queue.party.most);
      queue.waiting.push_back(work);
    } catch (...) {
      settle(queue);
      throw;
    }
    settle(queue);
    if (startable() > idle_ && threads_ < most_threads) {
      try_to_start_thread();
    }
    wake_.notify_one();
  }

  void take_back(const std::shared_ptr<Work>& work) {
    const std::lock_guard lock(mutex_);
    const auto found = parties_.find(work->party.name);
    if (found != parties_.end() && found->second.waiting.remove(work) > 0) {
      settle(found->second);
    }
  }

  bool wait(const Work& work, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const auto now = Clock::now();
    const auto is_late = [&](const auto& other) {
      return other.get() != &work && other->begun + patience <= now;
    };
    const auto found = parties_.find(work.party.name);
    if (found != parties_.end() && std::ranges::any_of(found->second.under_way, is_late)) {
      return work.is_done;
    }
    return ended_.wait_until(lock, now + patience, [&] { return work.is_done; });
  }

 private:
  struct Queue;
  using Turns = std::list<Queue*>;

  // The calls of a party; in the table while there are any.
  struct Queue {
    explicit Queue(Party whose) : party(std::move(whose)) {}

    // How many more may be under way.
    [[nodiscard]] std::size_t room() const { return party.most - under_way.size(); }
    [[nodiscard]] std::size_t startable() const { return std::min(waiting.size(), room()); }

    const Party party;
    std::list<std::shared_ptr<Work>> waiting;
    std::vector<std::shared_ptr<Work>> under_way;
    bool has_turn = false;
    Turns own_turn;          // the place of 'turn' while it has none
    Turns::iterator turn{};  // this
  };

  [[nodiscard]] std::size_t startable() const {
    std::size_t calls = 0;
    for (const Queue* queue : turns_) {
      calls += queue->startable();
    }
    return calls;
  }

  // Gives a party a turn, behind the others, if one of its calls can begin; and forgets one that
  // has no calls.
  void settle(Queue& queue) {
    if (queue.has_turn) {
      queue.own_turn.splice(queue.own_turn.end(), turns_, queue.turn);
    }
    queue.has_turn = queue.startable() > 0;
    if (queue.has_turn) {
      turns_.splice(turns_.end(), queue.own_turn);
    } else if (queue.waiting.empty() && queue.under_way.empty()) {
      parties_.erase(parties_.find(queue.party.name));
    }
  }

  // The process does not wait for it at its end: then the kernel ends it, whatever it waits for.
  void start_thread() {
    std::thread([this] { run(); }).detach();
    ++threads_;
  }

  void try_to_start_thread() {
    try {
      start_thread();
    } catch (const std::exception&) {
      // Then one of those that are there comes to it.
    }
  }

  void run() {
    may_wait = true;
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      wake_.wait(lock, [&] { return !turns_.empty(); });
      --idle_;
      Queue& queue = *turns_.front();
      const std::shared_ptr<Work> work = std::move(queue.waiting.front());
      queue.waiting.pop_front();
      work->begun = Clock::now();
      queue.under_way.push_back(work);
      settle(queue);
      lock.unlock();
      std::exchange(work->run, nullptr)();
      lock.lock();
      work->is_done = true;
      std::erase(queue.under_way, work);
      settle(queue);
      ended_.notify_all();
      wake_.notify_one();  // it may be the turn of one who was passed over
    }
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::map<std::string, Queue> parties_;
  Turns turns_;  // of those of whom a call can begin
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;  // of them; one that starts is not
};

SlowCall::Party SlowCall::Party::of_user(uid_t user) {
  return {.name = fmt::format("user {}", user), .most = most_of_a_user};
}

SlowCall::Party SlowCall::Party::of_path(const std::string& path) {
  return {.name = path.substr(0, path.rfind('/') + 1)};
}

// Never destroyed, for its threads never end.
SlowCall::Threads& SlowCall::threads() {
  static auto* const the = new Threads;
  return *the;
}

void SlowCall::start() { threads().start(); }

SlowCall::SlowCall(const Party& party, std::function<void()> work)
    : work_(std::make_shared<Work>(Work{.party = party, .run = std::move(work)})) {
  threads().add(work_);
}

SlowCall::~SlowCall() {
  if (work_ != nullptr) {
    threads().take_back(work_);
  }
}

bool SlowCall::wait(std::chrono::milliseconds patience) const {
  return threads().wait(*work_, patience);
}

void SlowCall::carry_out(const Party& party, std::function<void()> work,
                         std::chrono::milliseconds patience) {
  if (may_wait) {
    work();
    return;
  }
  SlowCall call(party, std::move(work));
  (void)call.wait(patience);
  call.work_.reset();  // is not taken back
}

}  // namespace tapswitch
