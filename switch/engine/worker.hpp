// SPDX-License-Identifier: Apache-2.0
// worker.hpp: a thread that receives the frames of the ports given to it and forwards them.
//
// Theory of operation: a worker sleeps in its own io_context until one of its ports is readable,
// then receives and forwards until the port is empty or the batch has cost enough, so that a busy
// port cannot starve the others. It shares nothing by lock on this way: what the control thread
// wants of it (a new picture, a port more or less) is put into a mailbox, which it empties between
// two batches.
// With busy polling it does not sleep at once when its ports are empty, but looks again for a while
// after the last frame: that spares the next frame the waking, and costs a core.
// Limits: one batch costs at most 'batch_cost' receptions and transmissions, but always forwards
// one frame whole.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "switch/engine/egress.hpp"
#include "switch/engine/picture.hpp"

namespace tapswitch {

// Names one switch among those of a worker.
enum class SwitchId : std::uint32_t {};

class Worker {
 public:
  static constexpr std::size_t batch_cost = 128;

  // Called by the worker's thread when a port will never receive again.
  using PortLost = std::function<void(PortIndex)>;

  Worker(std::size_t number, std::chrono::microseconds busy_poll);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  // ends the thread; ports must have been detached

  // Any thread: has the worker run 'task' between two batches, soon.
  void post(std::function<void()> task);

  // The rest is for tasks that run on the worker.

  // From now on frames of 'id' are forwarded by 'picture'; null: the switch is gone.
  void adopt(SwitchId id, std::shared_ptr<const Picture> picture);

  // Receives from the port at 'index' of the switch 'id', whose picture must have it.
  void attach(SwitchId id, PortIndex index, PortLost on_lost);
  void detach(SwitchId id, PortIndex index);

  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  class Receiver;
  using PortKey = std::pair<SwitchId, PortIndex>;

  void run();
  void empty_mailbox();

  const std::size_t number_;
  const std::chrono::microseconds busy_poll_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Buffers buffers_;
  // Stable in memory: receivers refer to the elements.
  std::map<SwitchId, std::shared_ptr<const Picture>> pictures_;
  std::map<PortKey, std::shared_ptr<Receiver>> receivers_;

  std::atomic<bool> has_mail_ = false;
  std::mutex mailbox_mutex_;
  std::vector<std::function<void()>> mailbox_;  // guarded by mailbox_mutex_

  std::thread thread_;  // last, for it uses the rest
};

// The workers that the switches of a process share. Belongs to the control thread.
class WorkerPool {
 public:
  static constexpr std::size_t max_count = 64;

  // 'count' is 1 to max_count. 'busy_poll': how long after a frame a port is polled for the next;
  // zero: not at all.
  explicit WorkerPool(std::size_t count, std::chrono::microseconds busy_poll = {});

  [[nodiscard]] std::size_t count() const { return workers_.size(); }
  [[nodiscard]] Worker& worker(std::size_t number) { return *workers_[number]; }

  // A number that no switch had before.
  [[nodiscard]] SwitchId new_switch_id() { return static_cast<SwitchId>(next_switch_id_++); }

  // The worker that has fewest ports to receive from.
  [[nodiscard]] std::size_t idlest_worker() const;

  // Keep count of the ports that a worker receives from.
  void engage_worker(std::size_t number) { ++port_counts_[number]; }
  void release_worker(std::size_t number) { --port_counts_[number]; }

  // Has every worker run 'task', and returns when all have done so. Never call it from a worker.
  void run_on_all(const std::function<void(Worker&)>& task);

  // The same for one worker.
  void run_on(Worker& worker, const std::function<void()>& task);

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::size_t> port_counts_;  // by worker
  std::uint32_t next_switch_id_ = 0;
};

}  // namespace tapswitch
