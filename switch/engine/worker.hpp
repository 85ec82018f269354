// SPDX-License-Identifier: Apache-2.0
// worker.hpp: a thread that receives the frames of the ports given to it and forwards them.
//
// Theory of operation: a worker sleeps in epoll_wait() until one of its ports is readable, then
// receives and forwards until the port is empty or the batch has cost enough, so that a busy port
// cannot starve the others. Readiness is level-triggered: what a batch has left behind is told
// again by the next epoll_wait(), and who has received but one frame need not ask the port whether
// that was the last (ADR 17). It shares nothing by lock on this way: what the control thread wants
// of it (a new picture, a port more or less) is put into a mailbox, which it empties between two
// batches, and between two floods: one to thousands of ports takes milliseconds, and 16 of them may
// have been read ahead. Those behind are then admitted again, by the picture that has come.
// With busy polling it does not sleep at once when its ports are empty, but looks again for a while
// after the last frame: that spares the next frame the waking, and costs a core.
// A port that has many frames waiting is read ahead: up to 'look_ahead' frames are received before
// the first is forwarded (walk.hpp says why). How far is found out anew each time a port has
// frames: the first is forwarded at once, so that a lone frame waits for no other.
// Limits: one batch costs 'batch_cost' receptions and transmissions and what the frames cost that
// were read ahead by then. Not more than one frame is read ahead beyond 'look_ahead_octets', for
// frames are to be forwarded out of the cache.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "switch/engine/adopters.hpp"
#include "switch/engine/picture.hpp"
#include "switch/engine/worker_steps.hpp"
#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

class Worker {
 public:
  static constexpr std::size_t batch_cost = 128;
  static constexpr std::size_t look_ahead = 16;
  static constexpr std::size_t look_ahead_octets = 32'768;

  // Called by the worker's thread when the other end of a port has come, has gone, or is gone for
  // good: the port's link() says how it is now.
  using PortNews = std::function<void(PortIndex)>;

  Worker(std::size_t number, std::chrono::microseconds busy_poll);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  // ends the thread; ports must have been detached

  // Any thread: has the worker run 'task' between two batches or two floods, soon.
  void post(std::function<void()> task);

  // The rest is for tasks that run on the worker.

  // From now on frames of 'id' are forwarded by 'picture'; null: the switch is gone. Receives no
  // more from ports that are not in it.
  void adopt(SwitchId id, std::shared_ptr<const Picture> picture);

  // Receives by 'queue' of the port at 'index' of the switch 'id', whose picture must have it, if
  // it does not already. The kernel may have no room to watch one descriptor more.
  [[nodiscard]] KernelResult<void> attach(SwitchId id, PortIndex index, std::size_t queue,
                                          const PortNews& on_news);
  // Sends a frame by the port at 'index' of the switch 'id', as it is; does nothing if there is no
  // such port, or if it gets copies alone.
  void send(SwitchId id, PortIndex index, std::span<const std::byte> frame);

  // Receives from that port no more; what was received by it is forwarded.
  void detach(SwitchId id, PortIndex index);

  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  class Receiver;
  struct Bell;
  using PortKey = std::pair<SwitchId, PortIndex>;

  void run();
  void detach_those_gone(SwitchId id, const Picture& picture);
  [[nodiscard]] bool polls_on() const;
  void empty_mailbox();
  [[nodiscard]] bool has_mail() const { return has_mail_.load(std::memory_order_acquire); }

  const std::size_t number_;
  const std::chrono::microseconds busy_poll_;
  UniqueFd epoll_;      // of the ports' descriptors and of mail_bell_
  UniqueFd mail_bell_;  // an eventfd: wakes a worker that sleeps
  bool is_ending_ = false;
  TimePoint last_frame_{};
  std::array<Arrival, look_ahead> arrivals_;
  Receiver* waiting_ = nullptr;  // has frames there that wait for the mailbox to be emptied
  EgressTools egress_tools_;
  // Stable in memory: receivers refer to the elements.
  std::map<SwitchId, std::shared_ptr<const Picture>> pictures_;
  using Receivers = std::multimap<PortKey, std::unique_ptr<Receiver>>;
  Receivers receivers_;  // one a queue
  // Detached, and kept until the events at hand, which may name them, have been gone through.
  Receivers retired_;

  std::atomic<bool> has_mail_ = false;
  std::mutex mailbox_mutex_;
  std::vector<std::function<void()>> mailbox_;  // guarded by mailbox_mutex_
  std::vector<std::function<void()>> tasks_;    // taken out of it

  std::thread thread_;  // last, for it uses the rest
};

}  // namespace tapswitch
