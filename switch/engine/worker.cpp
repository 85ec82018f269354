// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/worker.hpp"

#include <algorithm>
#include <cassert>
#include <latch>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "switch/engine/forward.hpp"

namespace tapswitch {

namespace asio = boost::asio;

// Waits for one port and forwards what comes in by it. Lives on its worker's thread alone.
class Worker::Receiver : public std::enable_shared_from_this<Receiver> {
 public:
  Receiver(Worker& worker, const std::shared_ptr<const Picture>& picture, PortIndex index,
           PortLost on_lost)
      : worker_(worker),
        picture_(picture),
        index_(index),
        on_lost_(std::move(on_lost)),
        readiness_(worker.io_, picture->slot(index).port->descriptor()) {}

  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  // The descriptor belongs to the port.
  ~Receiver() {
    if (readiness_.is_open()) {
      readiness_.release();
    }
  }

  void wait() {
    readiness_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](boost::system::error_code error) {
                            if (!error) {
                              self->on_readable();
                            }
                          });
  }

  void stop() {
    is_stopped_ = true;
    readiness_.release();
  }

 private:
  void on_readable() {
    worker_.empty_mailbox();
    if (is_stopped_) {
      return;
    }
    switch (receive_batch()) {
      case ReceiveStatus::empty:
        if (polls_on()) {
          come_again();
        } else {
          wait();
        }
        break;
      case ReceiveStatus::gone:
        stop();
        on_lost_(index_);
        break;
      default:
        come_again();
        break;
    }
  }

  // After the other ports have had their turn.
  void come_again() {
    asio::post(worker_.io_, [self = shared_from_this()] { self->on_readable(); });
  }

  [[nodiscard]] bool polls_on() const {
    return worker_.busy_poll_.count() > 0 &&
           std::chrono::steady_clock::now() - last_frame_ < worker_.busy_poll_;
  }

  // Forwards until nothing more is there or the batch has cost enough; says how it ended.
  ReceiveStatus receive_batch() {
    const TimePoint now = std::chrono::steady_clock::now();
    const Picture& picture = *picture_;
    const Picture::Slot& slot = picture.slot(index_);
    std::size_t cost = 0;
    while (cost < batch_cost) {
      const ReceiveStatus status = slot.port->receive(worker_.buffers_.frame);
      ++cost;
      if (status == ReceiveStatus::received) {
        last_frame_ = now;
        cost += forward(picture, worker_.number_, index_, worker_.buffers_, now);
      } else if (status == ReceiveStatus::oversize) {
        slot.counters[worker_.number_].drop(DropReason::oversize);
      } else if (status == ReceiveStatus::garbled) {
        slot.counters[worker_.number_].drop(DropReason::offload_invalid);
      } else {
        return status;
      }
    }
    return ReceiveStatus::received;
  }

  Worker& worker_;
  const std::shared_ptr<const Picture>& picture_;  // the worker's present one
  const PortIndex index_;
  const PortLost on_lost_;
  asio::posix::stream_descriptor readiness_;
  TimePoint last_frame_{};
  bool is_stopped_ = false;
};

Worker::Worker(std::size_t number, std::chrono::microseconds busy_poll)
    : number_(number),
      busy_poll_(busy_poll),
      work_(asio::make_work_guard(io_)),
      thread_([this] { run(); }) {}

Worker::~Worker() {
  post([this] {
    assert(receivers_.empty());
    work_.reset();
  });
  thread_.join();
}

void Worker::run() { io_.run(); }

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(task));
    has_mail_.store(true, std::memory_order_release);
  }
  // For a worker that sleeps; one that is busy looks between two batches.
  asio::post(io_, [this] { empty_mailbox(); });
}

void Worker::empty_mailbox() {
  if (!has_mail_.load(std::memory_order_acquire)) {
    return;
  }
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mailbox_mutex_);
    tasks.swap(mailbox_);
    has_mail_.store(false, std::memory_order_release);
  }
  for (const auto& task : tasks) {
    task();
  }
}

void Worker::adopt(SwitchId id, std::shared_ptr<const Picture> picture) {
  if (picture) {
    pictures_[id] = std::move(picture);
  } else {
    pictures_.erase(id);
  }
}

void Worker::attach(SwitchId id, PortIndex index, PortLost on_lost) {
  auto receiver = std::make_shared<Receiver>(*this, pictures_.at(id), index, std::move(on_lost));
  receiver->wait();
  receivers_[{id, index}] = std::move(receiver);
}

void Worker::detach(SwitchId id, PortIndex index) {
  const auto found = receivers_.find({id, index});
  if (found != receivers_.end()) {
    found->second->stop();
    receivers_.erase(found);
  }
}

WorkerPool::WorkerPool(std::size_t count, std::chrono::microseconds busy_poll)
    : port_counts_(count) {
  assert(count > 0 && count <= max_count);
  for (std::size_t number = 0; number < count; ++number) {
    workers_.push_back(std::make_unique<Worker>(number, busy_poll));
  }
}

std::size_t WorkerPool::idlest_worker() const {
  const auto idlest = std::min_element(port_counts_.begin(), port_counts_.end());
  return static_cast<std::size_t>(idlest - port_counts_.begin());
}

void WorkerPool::run_on_all(const std::function<void(Worker&)>& task) {
  std::latch done(static_cast<std::ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    worker->post([&task, &done, &worker] {
      task(*worker);
      done.count_down();
    });
  }
  done.wait();
}

void WorkerPool::run_on(Worker& worker, const std::function<void()>& task) {
  std::latch done(1);
  worker.post([&task, &done] {
    task();
    done.count_down();
  });
  done.wait();
}

}  // namespace tapswitch
