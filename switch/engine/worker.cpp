// SPDX-License-Identifier: Apache-2.0
#include "switch/engine/worker.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <latch>
#include <optional>
#include <system_error>
#include <utility>

namespace tapswitch {

namespace {

constexpr std::size_t most_events = 64;  // taken by one epoll_wait()

// Throws std::system_error: without these there is no worker.
UniqueFd open_or_throw(int fd, const char* what) {
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return UniqueFd(fd);
}

void watch(const UniqueFd& epoll, int fd, void* data) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = data}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

// Why a frame was lost before it could be looked at; nullopt: none was.
std::optional<DropReason> reason_of(ReceiveStatus status) {
  switch (status) {
    case ReceiveStatus::oversize:
      return DropReason::oversize;
    case ReceiveStatus::garbled:
      return DropReason::offload_invalid;
    case ReceiveStatus::misframed:
      return DropReason::framing_invalid;
    default:
      return std::nullopt;
  }
}

}  // namespace

// Forwards what comes in by one queue of a port. Lives on its worker's thread alone.
class Worker::Receiver {
 public:
  Receiver(Worker& worker, const std::shared_ptr<const Picture>& picture, PortIndex index,
           std::size_t queue, PortNews on_news)
      : worker_(worker),
        picture_(picture),
        index_(index),
        queue_(queue),
        descriptor_(picture->slot(index).port->descriptor(queue)),
        on_news_(std::move(on_news)) {
    watch(worker_.epoll_, descriptor_, this);
  }

  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() { assert(is_stopped_); }

  // The descriptor belongs to the port, which may close it from now on.
  void stop() {
    if (!std::exchange(is_stopped_, true)) {
      (void)epoll_ctl(worker_.epoll_.get(), EPOLL_CTL_DEL, descriptor_, nullptr);
    }
  }

  void on_readable() {
    if (!is_stopped_ && receive_batch() == ReceiveStatus::gone) {
      stop();
      on_news_(index_);
    }
  }

 private:
  // Forwards until nothing more is there or the batch has cost enough; says how it ended. A first
  // frame alone ends it too: most often nothing follows, and if it does we are told.
  ReceiveStatus receive_batch() {
    const TimePoint now = std::chrono::steady_clock::now();
    const bool is_first = depth_ == 1;
    auto status = ReceiveStatus::received;
    std::size_t cost = 0;
    WorkerSteps steps(*picture_, worker_.number_, index_, worker_.egress_tools_, now);
    Walk walk(*picture_, index_, steps);
    do {
      cost += depth_;
      std::size_t admitted = 0;
      status = read_ahead(walk, admitted);
      for (std::size_t i = 0; i < admitted; ++i) {
        cost += walk.forward(worker_.arrivals_[i]);
      }
      worker_.egress_tools_.held.release();
      if (admitted > 0) {
        worker_.last_frame_ = now;
      }
      depth_ = status == ReceiveStatus::received ? std::min(2 * depth_, look_ahead) : 1;
    } while (status == ReceiveStatus::received && !is_first && cost < batch_cost);
    worker_.egress_tools_.to_flush.flush();
    return status;
  }

  // Receives at most depth_ frames and admits them, in the order in which they come; says how it
  // ended.
  ReceiveStatus read_ahead(Walk<WorkerSteps>& walk, std::size_t& admitted) {
    const Picture::Slot& slot = picture_->slot(index_);
    std::size_t octets = 0;
    for (std::size_t i = 0; i < depth_ && octets < look_ahead_octets; ++i) {
      Arrival& arrival = worker_.arrivals_[admitted];
      const ReceiveStatus status = slot.port->receive(queue_, arrival.frame);
      if (status == ReceiveStatus::received) {
        octets += arrival.frame.bytes().size();
        admitted += walk.admit(arrival) ? 1U : 0U;
      } else if (const auto reason = reason_of(status)) {
        slot.counters[worker_.number_].drop(*reason);
      } else if (status == ReceiveStatus::changed) {
        on_news_(index_);
      } else {
        return status;
      }
    }
    return ReceiveStatus::received;
  }

  Worker& worker_;
  const std::shared_ptr<const Picture>& picture_;  // the worker's present one
  const PortIndex index_;
  const std::size_t queue_;
  const int descriptor_;
  const PortNews on_news_;
  std::size_t depth_ = 1;  // how many frames are received before the first is forwarded
  bool is_stopped_ = false;
};

Worker::Worker(std::size_t number, std::chrono::microseconds busy_poll)
    : number_(number),
      busy_poll_(busy_poll),
      epoll_(open_or_throw(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      mail_bell_(open_or_throw(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  watch(epoll_, mail_bell_.get(), nullptr);
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  post([this] {
    assert(receivers_.empty());
    is_ending_ = true;
  });
  thread_.join();
}

void Worker::run() {
  std::array<epoll_event, most_events> events{};
  while (!is_ending_) {
    constexpr int for_ever = -1;
    const int count =
        epoll_wait(epoll_.get(), events.data(), int{events.size()}, polls_on() ? 0 : for_ever);
    for (int i = 0; i < count; ++i) {
      void* const receiver = events[static_cast<std::size_t>(i)].data.ptr;
      if (receiver == nullptr) {
        eventfd_t rings = 0;
        (void)eventfd_read(mail_bell_.get(), &rings);
      }
      empty_mailbox();
      if (receiver != nullptr) {
        static_cast<Receiver*>(receiver)->on_readable();
      }
    }
    retired_.clear();
  }
}

bool Worker::polls_on() const {
  return busy_poll_.count() > 0 && std::chrono::steady_clock::now() - last_frame_ < busy_poll_;
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(task));
    has_mail_.store(true, std::memory_order_release);
  }
  // For a worker that sleeps; one that is busy looks between two batches. It cannot fail: the
  // counter is far from full.
  (void)eventfd_write(mail_bell_.get(), 1);
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

void Worker::attach(SwitchId id, PortIndex index, std::size_t queue, PortNews on_news) {
  receivers_.emplace(PortKey(id, index), std::make_unique<Receiver>(*this, pictures_.at(id), index,
                                                                    queue, std::move(on_news)));
}

void Worker::send(SwitchId id, PortIndex index, std::span<const std::byte> frame) {
  const auto picture = pictures_.find(id);
  if (picture == pictures_.end() || to_size(index) >= picture->second->slots.size() ||
      picture->second->slot(index).port == nullptr) {
    return;
  }
  FrameBuffer& buffer = egress_tools_.segment;
  std::ranges::copy(frame, buffer.space().begin());
  buffer.assign(frame.size());
  const AddressKind kind = kind_of(MacAddress::read(frame.data()));
  transmit({.slot = &picture->second->slot(index), .worker = number_}, kind, buffer,
           egress_tools_.to_flush);
  egress_tools_.to_flush.flush();
}

void Worker::detach(SwitchId id, PortIndex index) {
  const auto [begin, end] = receivers_.equal_range({id, index});
  for (auto receiver = begin; receiver != end; ++receiver) {
    receiver->second->stop();
    retired_.push_back(std::move(receiver->second));
  }
  receivers_.erase(begin, end);
}

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
